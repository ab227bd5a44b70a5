"""The audit log: who did what, newest first, and no secrets."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from accounting import add, first
from catalogs import fresh
from imagehub.librarian import accounts, audit
from imagehub.librarian.audit import Actor

NOBODY = Actor(None, "nobody")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """Give a connection to an empty catalog."""
    engine = fresh(tmp_path / "catalog.sqlite")
    with engine.connect().execution_options(writes=True) as given:
        yield given
    engine.dispose()


def test_entries_come_newest_first_in_pages(connection: Connection) -> None:
    """A page goes on where the one before it ended."""
    for number in range(5):
        audit.note(connection, NOBODY, "camera.edit", f"camera {number}", number=number)
    newest = audit.entries(connection, None, 2)
    older = audit.entries(connection, newest[-1].id, 10)
    assert [entry.details["number"] for entry in newest + older] == [4, 3, 2, 1, 0]
    assert (newest[0].actor, newest[0].action, newest[0].subject) == ("nobody", "camera.edit", "camera 4")


def test_entries_are_chosen_by_user_and_by_action(connection: Connection) -> None:
    """Each of the two narrows the list."""
    anna, ben = first(connection), add(connection, "ben")
    for actor in (anna.actor, ben.actor):
        audit.note(connection, actor, "image.delete", actor.name)
        audit.note(connection, actor, "image.hold", actor.name)
    assert [entry.subject for entry in audit.entries(connection, None, 10, action="image.hold")] == ["ben", "anna"]
    found = audit.entries(connection, None, 10, ben.id, "image.delete")
    assert [(entry.actor, entry.action) for entry in found] == [("ben", "image.delete")]


def test_a_removed_user_keeps_the_name_in_the_log(connection: Connection) -> None:
    """Who did it is known after the account is gone."""
    anna, ben = first(connection), add(connection, "ben")
    audit.note(connection, ben.actor, "image.delete", "an image")
    accounts.remove_user(connection, anna.actor, ben.id)
    assert audit.entries(connection, None, 1, action="image.delete")[0].actor == "ben"


@pytest.mark.parametrize(
    "details",
    [{"password": "x"}, {"new_token": "x"}, {"rule": {"webhook_url": "x"}}, {"rules": [{"Secret": "x"}]}],
)
def test_what_is_named_as_a_secret_is_refused(connection: Connection, details: dict[str, object]) -> None:
    """However deep it lies."""
    with pytest.raises(ValueError, match="no secrets"):
        audit.note(connection, NOBODY, "rule.add", "door", **details)
    assert audit.entries(connection, None, 10) == []


def test_any_text_is_taken(connection: Connection) -> None:
    """Control characters, halves of characters and length don't keep a change from the log."""
    audit.note(connection, Actor(None, "\ud800" * 300), "image.delete", "a\0b" * 300, text="\0\ud800")
    entry = audit.entries(connection, None, 1)[0]
    assert len(entry.subject) == 200
    assert entry.subject.startswith("a\\x00b")
    assert entry.details == {"text": "\0\ud800"}
