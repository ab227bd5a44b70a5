"""Why an account does not do as asked, in words for the one who asks."""

from imagehub.errors import ImagehubError


class AccountError(ImagehubError):
    """What was asked for is refused; the text says why."""


class HeldBackError(AccountError):
    """There were too many wrong tries; `seconds` have to pass before the next."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many tries: wait {seconds} seconds, then try again")
        self.seconds = seconds
