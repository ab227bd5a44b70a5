"""What is in the outbox is sent once, tried again at known times, and given up in the end."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from happenings import HOUR, NOON, SECOND, SOMEBODY, World, world
from imagehub.librarian import catalog
from imagehub.librarian.notify import Draft, outbox

DRAFT = Draft("rule 1 action 0 event 5", "webhook", "https://example.org/t0ken", "Gate", "motion", NOON)


@pytest.fixture
def barn(tmp_path: Path) -> Iterator[World]:
    """Give a catalog."""
    with world(tmp_path) as made:
        yield made


def put(barn: World, *drafts: Draft) -> list[bool]:
    """Put some into the outbox."""
    with catalog.writing(barn.engine) as connection:
        return [outbox.put(connection, draft, NOON) for draft in drafts]


def claimed(barn: World, now_us: int = NOON) -> Any:
    """Claim the next one."""
    row = outbox.claim(barn.engine, "webhook", now_us)
    assert row is not None
    return row


def test_one_cause_makes_one_notification(barn: World) -> None:
    """Whoever asks for it a second time is told."""
    assert put(barn, DRAFT, DRAFT, replace(DRAFT, cause="other")) == [True, False, True]


def test_each_is_claimed_once_by_its_own_channel(barn: World) -> None:
    """Not before it is due."""
    put(barn, DRAFT)
    assert outbox.claim(barn.engine, "mail", NOON) is None
    assert outbox.claim(barn.engine, "webhook", NOON - 1) is None
    assert claimed(barn).tries == 1
    assert outbox.claim(barn.engine, "webhook", NOON + HOUR) is None
    assert barn.outbox()[0].state == "sending"


def test_what_was_under_way_at_the_end_is_tried_again_with_its_key(barn: World) -> None:
    """What was sent is not."""
    put(barn, DRAFT, replace(DRAFT, cause="other"))
    first = claimed(barn)
    outbox.mark_sent(barn.engine, first.id, NOON)
    second = claimed(barn)
    assert (outbox.take_back(barn.engine, "mail"), outbox.take_back(barn.engine, "webhook")) == (0, 1)
    again = claimed(barn)
    assert (again.id, again.created_us, again.tries) == (second.id, second.created_us, 2)


def test_tries_are_further_and_further_apart_until_it_is_given_up(barn: World) -> None:
    """After a day; the last reason stays."""
    put(barn, DRAFT)
    now, waits = NOON, []
    while outbox.mark_failed(barn.engine, claimed(barn, now), "down", False, now):
        waits.append((barn.outbox()[0].due_us - now) // SECOND)
        assert outbox.claim(barn.engine, "webhook", barn.outbox()[0].due_us - 1) is None
        now = barn.outbox()[0].due_us
    assert waits[:12] == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    assert NOON + 22 * HOUR < now <= NOON + 24 * HOUR
    assert (barn.outbox()[0].state, barn.outbox()[0].error) == ("failed", "down")
    assert outbox.claim(barn.engine, "webhook", now + 48 * HOUR) is None


def test_a_hopeless_one_is_given_up_at_once(barn: World) -> None:
    """With the reason, however long that is."""
    put(barn, DRAFT)
    assert not outbox.mark_failed(barn.engine, claimed(barn), "no\0 such" * 1000, True, NOON)
    assert barn.outbox()[0].state == "failed"
    assert len(barn.outbox()[0].error) == outbox.MAX_ERROR


def test_new_ones_do_not_wait_for_those_that_failed(barn: World) -> None:
    """Else a dead server would hold up all others."""
    put(barn, DRAFT)
    outbox.mark_failed(barn.engine, claimed(barn), "down", False, NOON)
    put(barn, replace(DRAFT, cause="fresh", time_us=NOON + HOUR))
    assert claimed(barn, NOON + HOUR).cause == "fresh"


def test_again_sends_a_new_one_and_says_so(barn: World) -> None:
    """The old one stays in the log; the audit log has no secret."""
    put(barn, DRAFT)
    first = barn.outbox()[0]
    with catalog.writing(barn.engine) as connection:
        assert outbox.again(connection, SOMEBODY, first.id, NOON + 1)
        assert not outbox.again(connection, SOMEBODY, 99, NOON + 1)
        audited = connection.exec_driver_sql("SELECT action, subject, details FROM audit_log").all()
    second = barn.outbox()[1]
    assert (second.target, second.text, second.state) == (DRAFT.target, DRAFT.text, "waiting")
    assert [tuple(line) for line in audited] == [
        ("notification.again", "notification 1", '{"to": "https://example.org/\\u2026"}')
    ]
