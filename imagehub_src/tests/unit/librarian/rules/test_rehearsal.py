"""A dry run says what watching would have done."""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text

from happenings import HOUR, MINUTE, NOON, SECOND, World, rule, world
from imagehub.librarian.rules import DryRun, dry_run, rehearsal, watching

SINCE, UNTIL = NOON - HOUR, NOON + HOUR


@pytest.fixture
def barn(tmp_path: Path) -> Iterator[World]:
    """Give a catalog."""
    with world(tmp_path) as made:
        yield made


def tried(barn: World, most_rows: int = rehearsal.MOST_ROWS, **words: Any) -> DryRun:
    """Try a rule on the two hours around noon."""
    return dry_run(barn.engine, rule(**words), SINCE, UNTIL, UTC, most_rows)


def test_counts_what_fits_within_the_span(barn: World) -> None:
    """And shows the first few, of all cameras together in order."""
    camera, other, quiet = barn.camera(), barn.camera("Yard"), barn.camera("Den", notifications=False)
    barn.event(camera, SINCE - 1)
    barn.event(camera, UNTIL)
    barn.event(quiet, NOON)
    numbers = [barn.event(place, NOON + at) for at, place in enumerate([other, camera] * 3)]
    found = tried(barn, trigger="event", event_kind="motion")
    assert found.count == 6
    assert [example.event_id for example in found.examples] == numbers[: rehearsal.EXAMPLES]
    assert [example.camera for example in found.examples][:2] == ["Yard P1", "Barn P1"]
    assert found.note == ""


@pytest.mark.parametrize("cooldown", [0, 30, 61])
def test_agrees_with_watching(barn: World, cooldown: int) -> None:
    """Same rows, same decisions."""
    watching.begin(barn.engine)
    made = rule(trigger="event", cooldown=cooldown, text="moving", hours=["12:00", "12:03"])
    barn.add_rule(made)
    for place in (barn.camera(), barn.camera("Yard")):
        for at in range(40):
            barn.event(place, NOON + at * 7 * SECOND, "Barn P1|motion|moving" if at % 3 else "Barn P1|motion|still")
    fired = watching.follow(barn.engine, NOON + 10 * MINUTE, UTC)
    assert fired > 0
    assert dry_run(barn.engine, made, SINCE, UNTIL, UTC).count == fired


@pytest.mark.parametrize(
    "words", [{"trigger": "image"}, {"trigger": "object", "label": "dog"}, {"trigger": "plate", "plate": "A*"}]
)
def test_looks_at_every_kind_of_row(barn: World, words: dict[str, Any]) -> None:
    """Images, detections, plates."""
    camera = barn.camera()
    image = barn.image(camera, NOON)
    barn.detection(camera, NOON, "dog", 0.9, image)
    barn.detection(camera, NOON, "cat", 0.9, image)
    barn.sighting(camera, NOON, "A 1")
    barn.sighting(camera, NOON, "B 1")
    assert tried(barn, **words).count == 1


def test_counts_silences(barn: World) -> None:
    """Each once, not those that begin before the span, or at its end."""
    camera = barn.camera()
    for at in (-120, -55, -50, -10, 0, 45):
        barn.image(camera, NOON + at * MINUTE)
    found = tried(barn, trigger="silent", silent_minutes=15)
    assert [(example.time_us - NOON) // MINUTE for example in found.examples] == [-35, 15]


def test_what_is_too_much_is_said(barn: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the camera and the time up to which it counted."""
    monkeypatch.setattr(rehearsal, "LEAST_ROWS", 3)
    camera = barn.camera()
    for at in range(5):
        barn.event(camera, NOON + at * MINUTE)
    found = tried(barn, most_rows=3, trigger="event")
    assert found.count == 3
    assert found.note == "There is too much to look at: Barn P1 counted only up to 2026-11-21 12:02:00."


def test_the_disk_has_no_past(barn: World) -> None:
    """It says so, instead of `never`."""
    assert "not recorded" in tried(barn, trigger="disk", free_bytes=1).note


@pytest.mark.parametrize(
    "words",
    [
        {"trigger": "event", "event_kind": "light"},
        {"trigger": "event"},
        {"trigger": "image"},
        {"trigger": "object", "label": "dog"},
        {"trigger": "plate"},
        {"trigger": "silent", "silent_minutes": 1},
    ],
)
def test_reads_by_an_index(barn: World, words: dict[str, Any]) -> None:
    """No table that grows with the images is read as a whole, and none is sorted but detections of one camera."""
    barn.camera()
    asked: list[tuple[str, Any]] = []
    sqlalchemy_event.listen(barn.engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    tried(barn, **words)
    plans = []
    with barn.engine.connect() as connection:
        for statement, values in [one for one in asked if one[0].startswith("SELECT")]:
            plans += [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
        assert connection.execute(text("SELECT count(*) FROM images")).scalar() == 0
    large = ("images", "events", "detections", "plate_sightings")
    assert any("SEARCH" in plan for plan in plans)
    assert [plan for plan in plans if plan.startswith("SCAN") and plan.split()[1] in large] == []
