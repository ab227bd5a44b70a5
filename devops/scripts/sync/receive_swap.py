"""Parts of the project that are replaced as a whole, and put back if need be."""

import hashlib
import os
import re
import shutil
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Swap:
    """A path of the project, its new content beside it, and the former one."""

    name: str
    target: Path

    @property
    def staged(self) -> Path:
        """Where the new content waits; on the target's own file system, so that a rename will do."""
        return self.target.with_name(f".staging-{self.target.name}")

    @property
    def former(self) -> Path:
        """Where the former content is kept."""
        return self.target.with_name(f".former-{self.target.name}")

    def heal(self) -> None:
        """Put right what an update left that was killed."""
        remove(self.staged)
        if not self.target.exists() and self.former.exists():
            self.former.rename(self.target)

    def forward(self) -> None:
        """Bring the new content in, or change nothing. `former` must be free."""
        existed = self.target.exists()
        if existed:
            self.target.rename(self.former)
        try:
            self.staged.rename(self.target)
        except OSError:
            if existed:
                self.former.rename(self.target)
            raise

    def back(self) -> None:
        """Undo `forward`."""
        self.target.rename(self.staged)
        if self.former.exists():
            self.former.rename(self.target)


@contextmanager
def swapped(swaps: Sequence[Swap]) -> Iterator[None]:
    """Bring the new content in; whatever is raised then, the former is put back first."""
    for swap in swaps:
        remove(swap.former)
    done: list[Swap] = []
    try:
        for swap in swaps:
            with _undisturbed():
                swap.forward()
                done.append(swap)
        yield
    except BaseException:
        with _undisturbed():
            for swap in reversed(done):
                swap.back()
        raise


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let signals that would end the program wait."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def described(swaps: Sequence[Swap], component: str) -> str:
    """Return the version and a short hash of the content that the paths have now."""
    content, version = hashlib.sha256(), "no version"
    for swap in swaps:
        for path in sorted(_files(swap.target)):
            content.update(f"{path.relative_to(swap.target.parent)}\0".encode())
            content.update(hashlib.sha256(path.read_bytes()).digest())
        version = _version(swap.target / "src" / component / "__init__.py") or version
    exists = any(swap.target.exists() for swap in swaps)
    return f"{component} {version}, content {content.hexdigest()[:12]}" if exists else f"no {component}"


def _files(top: Path) -> Iterator[Path]:
    """Yield the files that could have been sent: no links, no caches."""
    if top.is_file() and not top.is_symlink():
        yield top
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name != "__pycache__" and not name.startswith(".")]
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink() and not name.startswith("."):
                yield path


def _version(module: Path) -> str | None:
    if not module.is_file():
        return None
    found = re.search(r"^__version__ = [\"']([^\"']+)", module.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else None


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
