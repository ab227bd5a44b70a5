"""What ends an update on the control node, and the exit codes for it."""

REFUSED = 11
BUSY = 12
BROKEN = 13


class UpdateError(Exception):
    """The update did not take place: the text says why, the code is what to exit with."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        super().__init__(text)
