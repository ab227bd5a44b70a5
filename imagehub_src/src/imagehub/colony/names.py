"""Names of cameras, acquisitions and groups: they become folders and files, and come from elsewhere."""

from collections.abc import Callable

from imagehub.colony.recording import names as recorded
from imagehub.colony.recording.errors import RecordingError
from imagehub.errors import ImagehubError

DIVIDER = "__"


class NameRefusedError(ImagehubError):
    """A name can't be that of a folder or a file; the text says which may."""


def instance(name: str) -> str:
    """Return the name of a camera, which has no dot: the names of files are parted by dots.

    Raises:
        NameRefusedError: it can't be one.
    """
    return _checked(recorded.check_instance, name)


def acquisition(name: str) -> str:
    """Return the name of an acquisition; raise NameRefusedError where it can't be one."""
    return _checked(recorded.check_acquisition, name)


def group(name: str) -> str:
    """Return the name of a group of acquisitions, empty for none; raise NameRefusedError where it can't be one."""
    return acquisition(name) if name else ""


def group_of(acquisition_name: str) -> str:
    """Return the group that is written into an acquisition's name: what stands before the first `__`, or nothing."""
    before, divider, _ = acquisition_name.partition(DIVIDER)
    return before if divider else ""


def _checked(check: Callable[[str], str], name: str) -> str:
    try:
        return check(name)
    except RecordingError as error:
        raise NameRefusedError(str(error)) from None
