"""One table says which state may follow which, and what may be asked in which."""

from itertools import product

import pytest

from imagehub.colony import states
from imagehub.colony.states import ARMED, FAULT, IDLE, LEGAL, MOVES, RECORDING, STOPPING, NotNowError, State


def at(state: str) -> State:
    """Return an agent's state that is this one."""
    found = State()
    found.now = state
    return found


@pytest.mark.parametrize(("before", "after"), list(product(MOVES, MOVES)))
def test_only_moves_of_the_table_are_made(before: str, after: str) -> None:
    """Staying is no move."""
    state = at(before)
    if after == before or after in MOVES[before]:
        state.become(after)
        assert state.now == after
    else:
        with pytest.raises(NotNowError):
            state.become(after)
        assert state.now == before


def test_every_state_can_become_idle_again() -> None:
    """There is no dead end, and a recording can't be left without being finished."""
    for start in MOVES:
        reached = {start}
        for _ in MOVES:
            reached |= {after for before in reached for after in MOVES[before]}
        assert IDLE in reached
    assert MOVES[RECORDING] == {STOPPING, FAULT}


@pytest.mark.parametrize(("ask", "state"), list(product(LEGAL, MOVES)))
def test_what_is_not_for_a_state_is_refused_with_what_to_do_first(ask: str, state: str) -> None:
    """Everything else passes."""
    if state in LEGAL[ask]:
        states.check(ask, state)
    else:
        with pytest.raises(NotNowError, match=f"{ask} can't be done while {state}: .+"):
            states.check(ask, state)


@pytest.mark.parametrize("state", MOVES)
def test_the_state_can_always_be_asked_for(state: str) -> None:
    """So can the clock and the log."""
    for ask in ("state", "clock", "log"):
        states.check(ask, state)


def test_start_needs_an_armed_agent() -> None:
    """No other state will do."""
    assert LEGAL["start"] == {ARMED}
