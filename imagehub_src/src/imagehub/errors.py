"""What can go wrong, as exceptions whose text is fit to be shown to the user."""


class ImagehubError(Exception):
    """Anything imagehub raises on purpose; its text says what is wrong, where, and how to mend it."""


class SettingsError(ImagehubError):
    """The settings file has faults: `faults` holds one line for each, naming the setting's path."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class RefusedError(ImagehubError):
    """A message that can't be accepted; the text is the reason given to its sender."""


class NotStoredError(ImagehubError):
    """The disk did not take a message; the text is the reason given to its sender."""


class DataDirectoryError(ImagehubError):
    """The data directory can't be used: it is locked by another hub, or can't be written."""


class LinkError(ImagehubError):
    """Front and store process can't reach or understand each other."""


class MissingExtraError(ImagehubError):
    """Something was asked for that needs an optional part of the package."""

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs an optional part: pip install 'imagehub[{extra}]'")
