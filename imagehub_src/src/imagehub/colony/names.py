"""Names of cameras, acquisitions and groups: they become folders and files, and come from elsewhere."""

import re

from imagehub.errors import ImagehubError

LONGEST = 100
DIVIDER = "__"
INSTANCE = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST}}}")
ACQUISITION = re.compile(rf"(?!.*\.\.)[A-Za-z0-9_-][A-Za-z0-9_.-]{{0,{LONGEST - 1}}}")


class NameRefusedError(ImagehubError):
    """A name can't be that of a folder or a file; the text says which may."""


def instance(name: str) -> str:
    """Return the name of a camera, which has no dot: the names of files are parted by dots.

    Raises:
        NameRefusedError: it can't be one.
    """
    if not INSTANCE.fullmatch(name):
        raise NameRefusedError(f"{name[:LONGEST]!r} can't name a camera: use up to {LONGEST} of A-Z a-z 0-9 _ -")
    return name


def acquisition(name: str) -> str:
    """Return the name of an acquisition; raise NameRefusedError where it can't be one."""
    return _of_a_folder(name, "an acquisition")


def group(name: str) -> str:
    """Return the name of a group of acquisitions, empty for none; raise NameRefusedError where it can't be one."""
    return _of_a_folder(name, "a group") if name else ""


def group_of(acquisition_name: str) -> str:
    """Return the group that is written into an acquisition's name: what stands before the first `__`, or nothing."""
    before, divider, _ = acquisition_name.partition(DIVIDER)
    return before if divider else ""


def _of_a_folder(name: str, what: str) -> str:
    if not ACQUISITION.fullmatch(name):
        allowed = f"up to {LONGEST} of A-Z a-z 0-9 _ . -, no dot first and no two together"
        raise NameRefusedError(f"{name[:LONGEST]!r} can't name {what}: use {allowed}")
    return name
