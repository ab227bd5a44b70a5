"""A data directory has one hub and one purge at a time, and whoever comes second learns who is first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import imagehub
from imagehub.errors import DataDirectoryError
from imagehub.lock import NAME, DataDirectoryLock

HOLDER = """
import sys
from pathlib import Path
from imagehub.lock import DataDirectoryLock
with DataDirectoryLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(folder: Path) -> "subprocess.Popen[bytes]":
    """Start a process that holds the lock until it is killed or told to end."""
    environment = {**os.environ, "PYTHONPATH": str(Path(imagehub.__file__).parents[1])}
    command = [sys.executable, "-c", HOLDER, str(folder)]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_second_hub_is_told_who_is_first(tmp_path: Path) -> None:
    """The error names the process, the directory and what to do."""
    with DataDirectoryLock(tmp_path), pytest.raises(DataDirectoryError) as caught, DataDirectoryLock(tmp_path):
        pass
    assert str(caught.value) == (
        f"another imagehub (process {os.getpid()}) uses the data directory {tmp_path}; "
        "stop it, or set hub.data_directory to another place"
    )


def test_the_lock_is_free_again_afterwards(tmp_path: Path) -> None:
    """A hub that stopped does not stand in the way of the next."""
    for _ in range(2):
        with DataDirectoryLock(tmp_path):
            pass
    assert (tmp_path / NAME).read_text() == f"{os.getpid()}\n"


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    """The system frees the lock of a process that was killed: nobody needs to delete a file."""
    with hold(tmp_path) as process:
        with pytest.raises(DataDirectoryError, match=f"process {process.pid}"), DataDirectoryLock(tmp_path):
            pass
        process.kill()
    with DataDirectoryLock(tmp_path):
        pass


def test_hub_and_purge_don_t_exclude_each_other(tmp_path: Path) -> None:
    """Locks with different names are held together."""
    with DataDirectoryLock(tmp_path), DataDirectoryLock(tmp_path, "purge.lock"):
        names = sorted(os.listdir(tmp_path))
    assert names == [NAME, "purge.lock"]


def test_the_directory_is_made(tmp_path: Path) -> None:
    """A first start needs nothing prepared."""
    with DataDirectoryLock(tmp_path / "new" / "data"):
        assert (tmp_path / "new" / "data" / NAME).exists()


def test_a_directory_that_can_not_be_used_is_told(tmp_path: Path) -> None:
    """The error names the directory, the reason and what to do."""
    (tmp_path / "data").write_text("a file")
    with pytest.raises(DataDirectoryError) as caught, DataDirectoryLock(tmp_path / "data"):
        pass
    assert str(caught.value).startswith(f"can't use the data directory {tmp_path / 'data'}: ")
    assert "hub.data_directory" in str(caught.value)


def test_a_full_disk_is_no_reason_not_to_start(tmp_path: Path) -> None:
    """The lock is taken where not even a process id can be written: a full disk must not keep purge away."""
    (tmp_path / NAME).symlink_to("/dev/full")
    with (
        DataDirectoryLock(tmp_path),
        pytest.raises(DataDirectoryError, match="another imagehub uses"),
        DataDirectoryLock(tmp_path),
    ):
        pass
