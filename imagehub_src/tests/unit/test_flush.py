"""What a flush was asked for is on stable storage when it returns, or it raises."""

import errno
import os
import platform
import subprocess
from pathlib import Path

import pytest

from hubdata import tiny_disk
from imagehub import flush
from imagehub.flush import SyncFileSystems, choose, flush_each
from requirements_here import require


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that were really flushed, in order."""
    paths: list[str] = []
    real = os.fsync

    def recording(descriptor: int) -> None:
        paths.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", recording)
    return paths


def test_linux_flushes_a_whole_file_system_at_once(tmp_path: Path) -> None:
    """Where syncfs reports errors and reaches the drive, it is the call that is chosen."""
    require(platform.system() == "Linux", "Linux")
    on_known = choose([Path("/dev/shm")])
    assert isinstance(on_known, SyncFileSystems)
    on_known([])
    (tmp_path / "file").write_bytes(b"x")
    choose([tmp_path])([str(tmp_path / "file")])


@pytest.mark.parametrize("release", ["4.19.0-rpi", "5.7.19", "3.10", "unheard-of"])
def test_an_older_linux_flushes_each_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, release: str) -> None:
    """Before Linux 5.8 syncfs kept quiet about errors."""
    monkeypatch.setattr(platform, "release", lambda: release)
    assert choose([tmp_path]) is flush_each


def test_an_unknown_file_system_flushes_each_file() -> None:
    """On file systems whose syncfs may stop half-way, each file is flushed; one such folder decides."""
    require(platform.system() == "Linux", "Linux")
    assert choose([Path("/dev/shm"), Path("/proc")]) is flush_each


def test_each_file_is_flushed_with_the_folders_that_name_it(tmp_path: Path, flushed: list[str]) -> None:
    """Files first, then the folder that holds them and the one above, where that folder may be new."""
    require(platform.system() == "Linux", "/proc")
    day = tmp_path / "images" / "2026-11-21"
    day.mkdir(parents=True)
    files = [str(day / name) for name in ("a.jpg", "b.jpg")]
    for file in files:
        Path(file).write_bytes(b"x")
    flush_each(files)
    assert flushed[:2] == files
    assert sorted(flushed[2:]) == [str(tmp_path / "images"), str(day)]


def test_a_file_that_can_not_be_flushed_is_told(tmp_path: Path) -> None:
    """A file that is gone was not made stable."""
    with pytest.raises(FileNotFoundError):
        flush_each([str(tmp_path / "gone")])


def test_one_call_for_each_file_system(tmp_path: Path) -> None:
    """Folders of one file system are flushed together."""
    require(platform.system() == "Linux", "Linux")
    folders = [tmp_path / name for name in ("images", "logs", "journal")]
    for folder in folders:
        folder.mkdir()
    assert len(SyncFileSystems(folders)._descriptors) == 1
    assert len(SyncFileSystems([*folders, Path("/proc")])._descriptors) == 2


def test_a_file_system_that_turned_read_only_has_not_flushed(tmp_path: Path) -> None:
    """A file system that gave up is not taken at its word."""
    with tiny_disk(tmp_path / "disk") as disk:
        make_stable = SyncFileSystems([disk])
        make_stable([])
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(OSError, match="Read-only") as caught:
            make_stable([])
    assert caught.value.errno == errno.EROFS


def test_the_error_of_the_system_call_is_raised(tmp_path: Path) -> None:
    """What syncfs answers is what the caller gets."""
    require(platform.system() == "Linux", "Linux")
    make_stable = SyncFileSystems([tmp_path])
    os.close(make_stable._descriptors[0])
    with pytest.raises(OSError, match="Bad file descriptor"):
        make_stable([])


def test_the_kernel_is_known_by_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions are compared as numbers: 5.10 is later than 5.8."""
    monkeypatch.setattr(platform, "release", lambda: "5.10.63-v8+")
    assert flush._kernel() == (5, 10)
