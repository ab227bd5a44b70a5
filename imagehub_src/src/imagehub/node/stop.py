"""What tells a loop to end."""

from typing import Protocol


class Stop(Protocol):
    """What ends a loop, such as a threading.Event."""

    def wait(self, timeout: float) -> bool:
        """Let seconds pass; return True, at once, when it is time to end."""
