"""Rules look at each new row exactly once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from happenings import HOUR, MINUTE, NOON, SECOND, World, rule, world
from imagehub.librarian import catalog, notify
from imagehub.librarian.catalog import CatalogError
from imagehub.librarian.rules import watching
from imagehub.librarian.schema import followers, images

NOW = NOON + MINUTE


@pytest.fixture
def barn(tmp_path: Path) -> Iterator[World]:
    """Give a catalog that is watched."""
    with world(tmp_path) as made:
        watching.begin(made.engine)
        yield made


def test_each_event_that_fits_makes_one_notification_for_each_action(barn: World) -> None:
    """A second look finds nothing; batches smaller than what came change nothing."""
    actions = [{"channel": "mail", "target": "a@example.org"}, {"channel": "mqtt", "target": "home"}]
    camera, number = (
        barn.camera(message="Call Ann."),
        barn.add_rule(rule(trigger="event", text="moving", actions=actions)),
    )
    for at in range(5):
        barn.event(camera, NOON + at, "Barn P1|motion|moving" if at % 2 else "Barn P1|motion|still")
    assert [watching.follow(barn.engine, NOW, batch=2), watching.follow(barn.engine, NOW)] == [4, 0]
    assert barn.causes() == [
        f"rule {number} action {action} hub {barn.hub} entry {entry}" for entry in (2, 4) for action in (0, 1)
    ]
    first = barn.outbox()[0]
    assert (first.channel, first.target, first.title) == ("mail", "a@example.org", "Gate: Barn P1")
    assert first.text.splitlines()[1:] == ["motion moving", "Call Ann."]
    assert (first.state, first.camera_id, first.time_us, first.event_id) == ("waiting", camera, NOON + 1, 2)


@pytest.mark.parametrize("trigger", ["image", "object", "plate"])
def test_every_kind_of_row_is_followed(barn: World, trigger: str) -> None:
    """Images, detections and plates as events; the image goes along."""
    more: dict[str, dict[str, Any]] = {"object": {"label": "person", "min_score": 0.5}, "plate": {"plate": "AB*"}}
    barn.add_rule(rule(trigger=trigger, **more.get(trigger, {})))
    camera = barn.camera()
    image = barn.image(camera, NOON)
    for label, score in (("person", 0.4), ("person", 0.6), ("dog", 0.9)):
        barn.detection(camera, NOON, label, score, image)
    barn.sighting(camera, NOON, "XY 1")
    barn.sighting(camera, NOON, "AB 1")
    assert watching.follow(barn.engine, NOW) == 1
    assert barn.outbox()[0].image_id == image
    said = {"image": "", "object": "person at Barn P1 (0.60)", "plate": "plate AB 1 at Barn P1 (0.90)"}[trigger]
    assert "\n".join(barn.outbox()[0].text.splitlines()[1:]) == said


def test_an_event_takes_the_newest_picture_of_its_minute_along(barn: World) -> None:
    """An older one, or one of another camera, shows something else."""
    barn.add_rule(rule(trigger="event"))
    camera, other = barn.camera(), barn.camera("Yard")
    barn.image(camera, NOON - 30 * SECOND)
    near = barn.image(camera, NOON + SECOND)
    barn.image(camera, NOON + 2 * SECOND, state="going")
    barn.image(other, NOON + SECOND)
    barn.event(camera, NOON)
    barn.event(other, NOON - 5 * MINUTE)
    watching.follow(barn.engine, NOW)
    assert [row.image_id for row in barn.outbox()] == [near, None]


def test_what_was_there_before_the_first_look_is_no_news(tmp_path: Path) -> None:
    """An old catalog makes no storm."""
    with world(tmp_path) as made:
        camera = made.camera()
        made.event(camera, NOON)
        made.add_rule(rule(trigger="event"))
        watching.begin(made.engine)
        made.event(camera, NOON + 1)
        watching.begin(made.engine)
        assert watching.follow(made.engine, NOW) == 1


def test_what_is_older_than_an_hour_is_logged_only(barn: World, caplog: pytest.LogCaptureFixture) -> None:
    """It says which rule, and how often."""
    camera = barn.camera()
    barn.add_rule(rule(trigger="event"))
    for time_us in (NOW - HOUR - 2, NOW - HOUR - 1, NOW - HOUR):
        barn.event(camera, time_us)
    assert watching.follow(barn.engine, NOW) == 1
    assert "rule 'Gate': 2 times, but more than an hour ago" in caplog.text


def test_a_rule_does_not_fire_for_what_was_before_it(barn: World) -> None:
    """It may be made while rows still wait to be looked at."""
    camera = barn.camera()
    barn.add_rule(rule(trigger="event"), created_us=NOON)
    barn.event(camera, NOON - 1)
    barn.event(camera, NOON)
    assert watching.follow(barn.engine, NOW) == 1


def test_a_rule_fires_once_in_its_cooldown(barn: World) -> None:
    """Each camera has its own, and it lasts over looks, as it does over restarts."""
    camera, other = barn.camera(), barn.camera("Yard")
    barn.add_rule(rule(trigger="event", cooldown=10))
    for at in (0, 9):
        barn.event(camera, NOON + at * SECOND)
        barn.event(other, NOON + at * SECOND)
    assert watching.follow(barn.engine, NOW) == 2
    barn.event(camera, NOON + 10 * SECOND - 1)
    assert watching.follow(barn.engine, NOW) == 0
    barn.event(camera, NOON + 10 * SECOND)
    assert watching.follow(barn.engine, NOW) == 1


def test_a_silenced_camera_a_disabled_rule_and_an_image_on_its_way_out_make_no_noise(barn: World) -> None:
    """And the rows are not looked at later either."""
    quiet, loud = barn.camera(notifications=False), barn.camera("Yard")
    barn.add_rule(rule(trigger="image"))
    disabled = rule("Off", trigger="event")
    barn.add_rule(type(disabled)(disabled.name, False, disabled.when, disabled.actions, 0))
    barn.image(quiet, NOON)
    barn.image(loud, NOON, state="going")
    barn.event(loud, NOON)
    assert watching.follow(barn.engine, NOW) == 0


def test_a_second_look_at_the_same_rows_notifies_nobody(barn: World) -> None:
    """Whatever moved the follower back: the cause is known."""
    barn.add_rule(rule(trigger="event"))
    barn.event(barn.camera(), NOON)
    assert watching.follow(barn.engine, NOW) == 1
    with catalog.writing(barn.engine) as connection:
        connection.execute(update(followers).values(event=0))
    assert watching.follow(barn.engine, NOW) == 0


def test_a_look_that_fails_leaves_nothing_behind(barn: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither notifications nor a moved follower: the next look finds all."""
    barn.add_rule(rule(trigger="event"))
    camera = barn.camera()
    barn.event(camera, NOON)
    barn.event(camera, NOON + 1)
    put, calls = notify.put, []

    def failing(*args: Any) -> bool:
        calls.append(args)
        if len(calls) == 2:
            raise OSError("power")
        return put(*args)

    monkeypatch.setattr(notify, "put", failing)
    with pytest.raises(OSError, match="power"):
        watching.follow(barn.engine, NOW)
    assert barn.outbox() == []
    assert watching.follow(barn.engine, NOW) == 2


def test_a_second_librarian_is_refused(barn: World) -> None:
    """It would notify about the same things."""
    barn.event(barn.camera(), NOON)
    with catalog.writing(barn.engine) as connection:
        look = watching.Look(connection, NOW, None)
        old = watching._position(connection)
        assert old is not None
        connection.execute(update(followers).values(event=1))
        with pytest.raises(CatalogError, match="another librarian"):
            look._move(old, {"event": 1})


def test_the_id_of_a_deleted_row_does_not_come_again(barn: World) -> None:
    """Else the next one would be taken for one that was looked at."""
    barn.add_rule(rule(trigger="image"))
    camera = barn.camera()
    first = barn.image(camera, NOON)
    assert watching.follow(barn.engine, NOW) == 1
    with catalog.writing(barn.engine) as connection:
        connection.execute(images.delete().where(images.c.id == first))
    barn.image(camera, NOON + 1)
    assert watching.follow(barn.engine, NOW) == 1
