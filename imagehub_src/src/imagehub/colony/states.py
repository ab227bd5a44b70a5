"""The states of an agent, which may follow which, and what may be asked in which: one table."""

from imagehub.errors import ImagehubError

IDLE, PREVIEWING, ARMED, RECORDING, STOPPING, FAULT = "idle", "previewing", "armed", "recording", "stopping", "fault"

MOVES: dict[str, frozenset[str]] = {
    IDLE: frozenset({PREVIEWING, ARMED, FAULT}),
    PREVIEWING: frozenset({IDLE, ARMED, FAULT}),
    ARMED: frozenset({RECORDING, IDLE, FAULT}),
    RECORDING: frozenset({STOPPING, FAULT}),
    STOPPING: frozenset({IDLE, FAULT}),
    FAULT: frozenset({IDLE}),
}
"""What may follow each state."""

LEGAL: dict[str, frozenset[str]] = {
    "preview": frozenset({IDLE, PREVIEWING}),
    "arm": frozenset({IDLE, PREVIEWING}),
    "start": frozenset({ARMED}),
    "stop": frozenset({IDLE, PREVIEWING, ARMED, RECORDING, FAULT}),
    "disarm": frozenset({IDLE, PREVIEWING, ARMED, FAULT}),
    "files": frozenset({IDLE, PREVIEWING, ARMED, FAULT}),
    "sum": frozenset({IDLE, PREVIEWING, ARMED, FAULT}),
    "fetch": frozenset({IDLE, PREVIEWING, ARMED, FAULT}),
}
"""In which states something may be asked; what is not here may always be."""

INSTEAD = {
    RECORDING: "a recording is under way: stop it first",
    STOPPING: "a recording is just being finished: try again in a moment",
    ARMED: "it is armed already: disarm it first",
    FAULT: "it has a fault: disarm it first, which forgets the fault",
    IDLE: "it is not armed: arm it first",
    PREVIEWING: "it is not armed: arm it first",
}


class NotNowError(ImagehubError):
    """Something was asked that the agent can't do in its present state."""


def check(ask: str, state: str) -> None:
    """Raise NotNowError where `ask` is not for this state; the text says what to do first."""
    if state not in LEGAL.get(ask, {state}):
        raise NotNowError(f"{ask} can't be done while {state}: {INSTEAD[state]}")


class State:
    """The state of one agent, which follows the table."""

    def __init__(self) -> None:
        self.now = IDLE

    def become(self, state: str) -> None:
        """Take another state; staying in the present one is no move.

        Raises:
            NotNowError: the table has no such move.
        """
        if state == self.now:
            return
        if state not in MOVES[self.now]:
            raise NotNowError(f"an agent that is {self.now} can't become {state}")
        self.now = state
