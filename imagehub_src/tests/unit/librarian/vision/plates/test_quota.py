"""How many calls of a service are left this month."""

from datetime import UTC, datetime, timedelta, timezone

from happenings import World
from imagehub.librarian.catalog import writing
from imagehub.librarian.vision.plates import quota

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_calls_are_counted_up_to_the_limit(world: World) -> None:
    """What is beyond it is refused, and not counted."""
    with writing(world.engine) as connection:
        assert [quota.take(connection, NOW, 2) for _ in range(3)] == [True, True, False]
        state = quota.state(connection, NOW, 2)
    assert (state.month, state.calls, state.limit, state.left) == ("2026-11", 2, 2, 0)


def test_a_new_month_begins_with_none(world: World) -> None:
    """Months are those of UTC."""
    with writing(world.engine) as connection:
        assert quota.take(connection, NOW, 1)
        assert quota.take(connection, NOW + timedelta(days=10), 1)
        assert quota.state(connection, NOW + timedelta(days=10), 1).month == "2026-12"
    late = datetime(2026, 12, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert quota.month_of(late) == "2026-11"


def test_what_the_service_says_counts_too(world: World) -> None:
    """Its limit may be lower than ours, and others may use the account."""
    with writing(world.engine) as connection:
        quota.learn(connection, NOW, 90, 100)
        assert quota.state(connection, NOW, 2500) == quota.State("platerecognizer", "2026-11", 90, 100)
        quota.learn(connection, NOW, 3, 100)
        assert quota.state(connection, NOW, 50).left == 0
        assert not quota.take(connection, NOW, 90)


def test_a_call_that_did_not_count_is_given_back(world: World) -> None:
    """The network's faults cost nothing."""
    with writing(world.engine) as connection:
        assert quota.take(connection, NOW, 1)
        quota.give_back(connection, NOW)
        quota.give_back(connection, NOW)
        assert quota.state(connection, NOW, 1).calls == 0


def test_no_call_was_made_yet(world: World) -> None:
    """The state can be shown before the first one."""
    with world.engine.connect() as connection:
        assert quota.state(connection, NOW, 2500).left == 2500
