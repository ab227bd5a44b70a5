"""The log of what was sent."""

from dataclasses import replace
from pathlib import Path

from happenings import NOON, rule, world
from imagehub.librarian import catalog, notify
from imagehub.librarian.notify import Draft

DRAFT = Draft("", "webhook", "https://example.org/t0ken", "Gate", "motion", NOON)


def test_newest_first_page_by_page_and_only_what_is_in_sight(tmp_path: Path) -> None:
    """What is about no camera is for those who see all; targets are masked."""
    with world(tmp_path) as barn:
        camera, other = barn.camera(), barn.camera("Yard")
        number = barn.add_rule(rule(trigger="event"))
        with catalog.writing(barn.engine) as connection:
            for at, place in enumerate([camera, other, None, camera]):
                notify.put(connection, replace(DRAFT, cause=str(at), camera_id=place, rule_id=number), NOON)
            assert [line.id for line in notify.sent(connection, None, None, 3)] == [4, 3, 2]
            assert [line.id for line in notify.sent(connection, None, 2, 3)] == [1]
            assert notify.sent(connection, frozenset(), None, 3) == []
            seen = notify.sent(connection, frozenset({camera}), None, 9)
        assert [(line.id, line.camera, line.rule, line.target) for line in seen] == [
            (4, "Barn P1", "Gate", "https://example.org/…"),
            (1, "Barn P1", "Gate", "https://example.org/…"),
        ]
