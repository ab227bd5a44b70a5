"""Which files of a component are sent, and the archive that holds them."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from sync_config import Component, Deployment, SyncError


@dataclass(frozen=True, slots=True)
class Package:
    """A component's files by their names in the project, and their archive."""

    component: Component
    files: Mapping[str, bytes]
    other_extension: tuple[str, ...]
    archive: bytes

    @property
    def sha256(self) -> str:
        """The checksum of the archive, in hexadecimal."""
        return hashlib.sha256(self.archive).hexdigest()

    @property
    def file_name(self) -> str:
        """The name of the archive, here and on the control node."""
        return f"{self.component.name}-{self.sha256}.tar.gz"


def make(root: Path, component: Component, deployment: Deployment) -> Package:
    """Return the component as the folder `root` holds it; the same files make the same bytes, on every machine.

    Raises:
        SyncError: with every file that is missing, unreadable, or a link out of the component.
    """
    walk = _Walk(root, component, deployment)
    for path in component.paths:
        walk.start(path.rstrip("/"))
    walk.check_required()
    if walk.faults:
        raise SyncError(f"component {component.name}: {fault}" for fault in walk.faults)
    return Package(component, walk.files, tuple(sorted(walk.other_extension)), pack(walk.files))


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return a .tar.gz of these files: sorted, without owners, times or modes of their own."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size = len(files[name])
            archive.addfile(member, io.BytesIO(files[name]))
    return packed.getvalue()


class _Walk:
    """Goes through the paths of a component and collects files and faults."""

    def __init__(self, root: Path, component: Component, deployment: Deployment) -> None:
        self._root = root
        self._component = component
        self._extensions = set(deployment.include_extensions)
        self._excluded = (*deployment.exclude_patterns, *component.exclude_patterns)
        self._required = set(component.required_files)
        self.files: dict[str, bytes] = {}
        self.other_extension: list[str] = []
        self.faults: list[str] = []

    def start(self, name: str) -> None:
        """Take what lies at a path of the component."""
        path = self._root / name
        if path.exists():
            self._visit(path, name, path)
        else:
            self.faults.append(f"{name} is not in {self._root}; restore it, or take it out of paths")

    def check_required(self) -> None:
        """Every required file must be among those that are sent."""
        for name in sorted(self._required - self.files.keys()):
            if (self._root / name).exists():
                why = "is left out by paths or exclude_patterns; let them take it in"
            else:
                why = f"is not in {self._root}; restore it, or take it out of required_files"
            self.faults.append(f"the required file {name} {why}")

    def _visit(self, path: Path, name: str, tree: Path) -> None:
        if path.is_symlink() and not self._leads_to_a_file_inside(path, name, tree):
            return
        if not path.is_dir():
            self._take(path, name)
            return
        for child in sorted(path.iterdir()):
            inner = f"{name}/{child.name}"
            if not self._is_excluded(inner):
                self._visit(child, inner, tree)

    def _leads_to_a_file_inside(self, link: Path, name: str, tree: Path) -> bool:
        end = link.resolve()
        if link.is_file() and end.is_relative_to(tree.resolve()):
            return True
        self.faults.append(f"{name} is a link to {end}; put a file in its place, or exclude it")
        return False

    def _is_excluded(self, name: str) -> bool:
        last = name.rpartition("/")[2]
        return any(fnmatchcase(name if "/" in pattern else last, pattern.rstrip("/")) for pattern in self._excluded)

    def _take(self, path: Path, name: str) -> None:
        if path.suffix not in self._extensions and name not in self._required:
            self.other_extension.append(name)
            return
        try:
            self.files[name] = path.read_bytes()
        except OSError as error:
            self.faults.append(f"{name} can't be read: {error.strerror}")
