"""Reading files of packages without unpacking them."""

import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from imagehub.errors import ImagehubError

# Nothing that is installed is larger; an archive that claims more is not read into memory.
LARGEST_BYTES = 200_000_000


def read(archive: Path, names: Iterable[str]) -> dict[str, bytes]:
    """Return the content of files of a `.tgz` or `.whl`; nothing is written, whatever their names are.

    Raises:
        ImagehubError: the archive is broken, or has no such files.
    """
    try:
        return _from_zip(archive, names) if archive.suffix == ".whl" else _from_tar(archive, names)
    except (tarfile.TarError, zipfile.BadZipFile, KeyError, EOFError, OSError) as error:
        raise ImagehubError(f"{archive}: can't read it: {error}") from error


def _from_zip(archive: Path, names: Iterable[str]) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        found = {name: opened.getinfo(name) for name in names}
        _check_size(archive, sum(each.file_size for each in found.values()))
        return {name: opened.read(each) for name, each in found.items()}


def _from_tar(archive: Path, names: Iterable[str]) -> dict[str, bytes]:
    with tarfile.open(archive, "r:gz") as opened:
        found = {name: opened.getmember(name) for name in names}
        _check_size(archive, sum(each.size for each in found.values()))
        return {name: _content(archive, opened, each) for name, each in found.items()}


def _content(archive: Path, opened: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = opened.extractfile(member) if member.isreg() else None
    if file is None:
        raise ImagehubError(f"{archive}: {member.name} is not a plain file")
    return file.read()


def _check_size(archive: Path, size: int) -> None:
    if size > LARGEST_BYTES:
        raise ImagehubError(f"{archive}: the wanted files claim to have {size} bytes, more than {LARGEST_BYTES}")
