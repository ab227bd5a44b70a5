"""What can go wrong with a recording."""

from imagehub.errors import ImagehubError


class RecordingError(ImagehubError):
    """A recording can't be made, or read; the text says why and how to mend it."""
