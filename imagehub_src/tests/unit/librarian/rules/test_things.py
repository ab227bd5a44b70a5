"""Rules about what is in pictures fire once for each thing."""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from happenings import HOUR, MINUTE, NOON, SECOND, World, rule, world
from imagehub.librarian import catalog, rules
from imagehub.librarian.rules import RuleError, watching
from imagehub.librarian.schema import detections, images, objects, tracks
from plans import executed, scans

NOW = NOON + MINUTE


@pytest.fixture
def barn(tmp_path: Path) -> Iterator[World]:
    """Give a catalog that is watched."""
    with world(tmp_path) as made:
        watching.begin(made.engine)
        yield made


def told(barn: World, now_us: int = NOW) -> list[str]:
    """Look, and return the second line of each notification so far."""
    watching.follow(barn.engine, now_us, UTC)
    return [row.text.splitlines()[1] for row in barn.outbox()]


def image_with(barn: World, camera: int, at: int, *found: tuple[str, float, int], **more: Any) -> None:
    """Add an image that shows things: label, left edge and track of each."""
    image = barn.image(camera, NOON + at)
    for label, left, track in found:
        barn.detection(camera, NOON + at, label, 0.9, image, track, **{"left": left} | more)


def as_rehearsed(barn: World, **conditions: Any) -> int:
    """Return how often the rule would have fired."""
    return rules.dry_run(barn.engine, rule(**conditions), NOON - HOUR, NOON + HOUR, UTC).count


def test_a_parked_car_is_told_once(barn: World) -> None:
    """However many images show it; the cause is the track."""
    number, camera = barn.add_rule(rule(trigger="object", label="car")), barn.camera()
    track = barn.track(camera, NOON)
    for at in range(5):
        image_with(barn, camera, at * SECOND, ("car", 0.1, track))
        told(barn)
    assert barn.causes() == [f"rule {number} action 0 track {track}"]
    assert as_rehearsed(barn, trigger="object", label="car") == 1


def test_what_votes_did_not_make_sure_is_no_news(barn: World) -> None:
    """Nor is what was found by looking at old images again."""
    barn.add_rule(rule(trigger="object"))
    barn.add_rule(rule("Plate", trigger="plate"))
    camera = barn.camera()
    barn.detection(camera, NOON, "person", 0.9, track=0)
    barn.sighting(camera, NOON, "AB 1", track=0)
    barn.detection(camera, NOON, "person", 0.9, track=barn.track(camera, NOON, quiet=True))
    assert told(barn) == []
    assert as_rehearsed(barn, trigger="object") == 0


def test_the_rest_of_a_rule_is_not_begun_again_by_what_was_told(barn: World) -> None:
    """A parked car in each image does not keep the next one from being told."""
    barn.add_rule(rule(trigger="object", cooldown=10))
    camera = barn.camera()
    parked = barn.track(camera, NOON)
    for at in range(11):
        image_with(barn, camera, at * SECOND, ("car", 0.1, parked))
        told(barn)
    image_with(barn, camera, 11 * SECOND, ("car", 0.1, parked), ("person", 0.5, barn.track(camera, NOON)))
    assert told(barn) == ["car at Barn P1 (0.90)", "person at Barn P1 (0.90)"]
    assert as_rehearsed(barn, trigger="object", cooldown=10) == 2


def test_what_was_there_before_the_rule_is_no_news(barn: World) -> None:
    """A rule about cars does not begin with those that are parked."""
    camera = barn.camera()
    parked, fresh = barn.track(camera, NOON - HOUR), barn.track(camera, NOON)
    barn.add_rule(rule(trigger="object"), created_us=NOON - MINUTE)
    image_with(barn, camera, 0, ("car", 0.1, parked), ("dog", 0.5, fresh))
    assert told(barn) == ["dog at Barn P1 (0.90)"]


def test_labels_may_be_several(barn: World) -> None:
    """With commas between."""
    barn.add_rule(rule(trigger="object", label="car, Truck"))
    camera = barn.camera()
    for label in ("car", "truck", "person"):
        barn.detection(camera, NOON, label, 0.9)
    assert told(barn) == ["car at Barn P1 (0.90)", "truck at Barn P1 (0.90)"]
    assert as_rehearsed(barn, trigger="object", label="car, Truck") == 2


def test_a_person_who_walks_into_the_zone_is_told_once(barn: World) -> None:
    """Where the box stands counts; a zone of another camera, or one without a drawing, holds nothing."""
    barn.add_rule(rule(trigger="object", label="person", region="door"))
    camera, other = barn.camera(), barn.camera("Yard")
    barn.zone(camera, "Door", 0.5, 1.0)
    track, elsewhere = barn.track(camera, NOON), barn.track(other, NOON)
    for at, left in enumerate((0.1, 0.3, 0.5, 0.6, 0.2, 0.6)):
        image_with(barn, camera, at * SECOND, ("person", left, track))
        image_with(barn, other, at * SECOND, ("person", left, elsewhere))
        assert len(told(barn)) == (at > 1)
    assert barn.outbox()[0].time_us == NOON + 2 * SECOND
    assert as_rehearsed(barn, trigger="object", label="person", region="door") == 1


def test_so_many_at_once_are_told_once(barn: World) -> None:
    """And again when one more comes, not when one goes; those elsewhere, or of another kind, don't count."""
    words: dict[str, Any] = {"trigger": "object", "label": "person", "count": 3, "region": "yard"}
    barn.add_rule(rule(**words))
    camera = barn.camera()
    barn.zone(camera, "Yard", 0.0, 0.8)
    one, two, three, four, dog = (barn.track(camera, NOON) for _ in range(5))
    people = [("person", 0.1, one), ("person", 0.2, two), ("person", 0.3, three), ("person", 0.4, four)]
    image_with(barn, camera, 0, *people[:2], ("dog", 0.5, dog), ("person", 0.9, three))
    assert told(barn) == []
    for at in (1, 2):
        image_with(barn, camera, at, *people[:3], ("dog", 0.5, dog))
        assert told(barn) == ["3 persons at Barn P1 (0.90)"]
    image_with(barn, camera, 3, *people)
    image_with(barn, camera, 4, *people[1:])
    assert told(barn) == ["3 persons at Barn P1 (0.90)", "4 persons at Barn P1 (0.90)"]
    assert as_rehearsed(barn, **words) == 2


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("known", ["watched plate AB1 of Ann at Barn P1 (0.90)", "plate CD2 at Barn P1 (0.90)"]),
        ("unknown", ["plate EF3 at Barn P1 (0.90)"]),
        ("watched", ["watched plate AB1 of Ann at Barn P1 (0.90)"]),
    ],
)
def test_a_plate_is_known_unknown_or_watched(barn: World, status: str, expected: list[str]) -> None:
    """As users say; the owner is told."""
    barn.add_rule(rule(trigger="plate", plate_status=status))
    barn.known_plate("AB1", identified=True, watched=True, owner="Ann")
    barn.known_plate("CD2", identified=True)
    camera = barn.camera()
    for plate in ("AB1", "CD2", "EF3"):
        barn.sighting(camera, NOON, plate)
    assert told(barn) == expected
    assert as_rehearsed(barn, trigger="plate", plate_status=status) == len(expected)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"trigger": "object", "count": 0}, "conditions.count: expected"),
        ({"trigger": "plate", "count": 2}, "conditions.count: unknown here"),
        ({"trigger": "plate", "plate_status": "mine"}, "conditions.plate_status: expected"),
        ({"trigger": "object", "plate_status": "known"}, "conditions.plate_status: unknown here"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(words: dict[str, Any], fault: str) -> None:
    """With its name."""
    with pytest.raises(RuleError, match=fault):
        rule(**words)


def test_a_month_is_tried_by_indexes(barn: World) -> None:
    """No large table is read from end to end, whatever the conditions."""
    camera = barn.camera()
    barn.zone(camera, "Yard", 0.0, 0.8)
    _fill(barn, camera, 3000)
    with barn.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    for words in ({"label": "person"}, {}, {"count": 2}, {"region": "yard", "min_score": 0.5}):
        with executed(barn.engine) as statements:
            as_rehearsed(barn, trigger="object", **words)
        with barn.engine.connect() as connection:
            assert scans(connection, statements) == []
    with executed(barn.engine) as statements:
        barn.add_rule(rule(trigger="object", count=2))
        watching.follow(barn.engine, NOW, UTC)
    with barn.engine.connect() as connection:
        assert scans(connection, [one for one in statements if "max(" not in one.text]) == []


def _fill(barn: World, camera: int, number: int) -> None:
    """Add as many images, each with a thing, half a minute apart."""
    first = barn.image(camera, NOON - 30 * SECOND)
    kinds = [barn._name(objects, label=label) for label in ("person", "dog")]
    box = {"left": 0.1, "top": 0.1, "width": 0.2, "height": 0.2, "score": 0.9}
    with catalog.writing(barn.engine) as connection:
        for at in range(number):
            when = {"camera_id": camera, "time_us": NOON - at * 30 * SECOND}
            path = {"path": f"images/2026-11-21/{at}.jpg", "bytes": 3, "checksum": "", "state": "stored"}
            more = {"hub_id": barn.hub, "sequence": None, "day": "2026-11-21", "type": "", "text": "", "hold": False}
            connection.execute(insert(images).values(id=first + 1 + at, **when, **path, **more))
            times = {"first_us": when["time_us"], "last_us": when["time_us"], "absent_us": 0, "images": 1}
            thing = {"object_id": kinds[at % 2], **when, **box}
            track = connection.execute(insert(tracks).values(**thing, **times, ended=True, quiet=False))
            number_of = track.inserted_primary_key[0]  # type: ignore[index]
            connection.execute(insert(detections).values(**thing, image_id=first + 1 + at, track_id=number_of))
