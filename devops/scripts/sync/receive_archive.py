"""An archive that arrived: is it whole, is it harmless, and what is in it."""

import gzip
import hashlib
import os
import shutil
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from receive_errors import REFUSED, UpdateError
from receive_swap import Swap

MAX_ARCHIVE_BYTES = 64 << 20
MAX_MEMBERS = 5000
MAX_MEMBER_BYTES = 16 << 20
MAX_UNPACKED_BYTES = 128 << 20


def check_sum(archive: Path, sha256: str) -> None:
    """Raise UpdateError unless the archive is what the workstation packed."""
    if not archive.is_file():
        raise UpdateError(REFUSED, f"no archive {archive}; send it again")
    if archive.stat().st_size > MAX_ARCHIVE_BYTES:
        raise UpdateError(REFUSED, f"{archive} has more than {MAX_ARCHIVE_BYTES:,} bytes; nothing was changed")
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        text = f"{archive} has the checksum {found}, not {sha256}: it is damaged; nothing was changed, send it again"
        raise UpdateError(REFUSED, text)


class _Limited:
    """A stream that ends with an error rather than to fill the memory or the disk."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream
        self._left = MAX_UNPACKED_BYTES

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise UpdateError(REFUSED, f"the archive holds more than {MAX_UNPACKED_BYTES:,} bytes; nothing was changed")
        return data


def unpack(archive: Path, swaps: Sequence[Swap]) -> None:
    """Unpack an archive beside the paths that it is for.

    Raises:
        UpdateError: it holds what does not belong there, or is too large, or no archive.
    """
    try:
        with gzip.open(archive) as unzipped:
            limited = _Limited(unzipped)
            with tarfile.open(fileobj=limited, mode="r|") as members:  # type: ignore[call-overload] # read is all it needs
                _unpack_members(members, swaps)
            while limited.read(1 << 16):  # up to the checksum at its end
                pass
    except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error) as error:
        raise UpdateError(REFUSED, f"{archive} can't be unpacked ({error}); nothing was changed") from error
    for swap in swaps:
        if not swap.staged.exists():
            raise UpdateError(REFUSED, f"{archive} holds nothing for {swap.name}; nothing was changed")
    os.sync()


def _unpack_members(members: tarfile.TarFile, swaps: Sequence[Swap]) -> None:
    for count, member in enumerate(members, start=1):
        if count > MAX_MEMBERS:
            raise UpdateError(REFUSED, f"the archive has more than {MAX_MEMBERS} members; nothing was changed")
        check_member(member)
        target = _staged_path(member.name, swaps)
        if member.isdir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        content = members.extractfile(member)
        assert content is not None, "it is a file"
        with content, target.open("xb") as file:
            shutil.copyfileobj(content, file)
        target.chmod(0o644)


def check_member(member: tarfile.TarInfo) -> None:
    """Raise UpdateError unless a member is a plain file or folder, with a harmless name, of a sane size."""
    parts = member.name.split("/")
    why = None
    if member.name.startswith("/"):
        why = "is absolute"
    elif ".." in parts:
        why = "climbs out by .."
    elif "" in parts or "." in parts or "\\" in member.name or not member.name.isprintable():
        why = "has no clean name"
    elif member.type not in {tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE} or member.sparse is not None:
        why = "is neither a plain file nor a folder"
    elif member.size > MAX_MEMBER_BYTES:
        why = f"has more than {MAX_MEMBER_BYTES:,} bytes"
    if why is not None:
        raise UpdateError(REFUSED, f"the archive's member {member.name!r} {why}; nothing was changed")


def _staged_path(name: str, swaps: Sequence[Swap]) -> Path:
    for swap in swaps:
        if name == swap.name:
            return swap.staged
        if name.startswith(f"{swap.name}/"):
            return swap.staged / name[len(swap.name) + 1 :]
    names = ", ".join(swap.name for swap in swaps)
    raise UpdateError(REFUSED, f"the archive's member {name!r} lies outside of {names}; nothing was changed")
