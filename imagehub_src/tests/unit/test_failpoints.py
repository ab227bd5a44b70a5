"""Failpoints do what a test ordered, and nothing at all unless one did."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import imagehub
from imagehub import failpoints


@pytest.fixture(autouse=True)
def _disarm() -> Iterator[None]:
    yield
    failpoints.arm("")


def faults(name: str, passes: int) -> list[int]:
    """Return which of so many passes failed, counted from 1."""
    failed = []
    for number in range(1, passes + 1):
        try:
            failpoints.hit(name)
        except OSError:
            failed.append(number)
    return failed


def test_nothing_happens_unless_it_is_ordered() -> None:
    """Without the variable every point is passed."""
    failpoints.arm_from({})
    assert [name for name in failpoints.NAMES + failpoints.DELETING if faults(name, 2) or failpoints.armed(name)] == []


def test_an_errno_is_raised_at_each_pass() -> None:
    """The error has the number that was ordered and says where it came from."""
    failpoints.arm_from({"IMAGEHUB_FAILPOINTS": "mid_write=ENOSPC"})
    with pytest.raises(OSError, match="failpoint mid_write") as caught:
        failpoints.hit("mid_write")
    assert caught.value.errno == errno.ENOSPC
    assert failpoints.armed("mid_write")
    assert faults("mid_write", 3) == [1, 2, 3]
    assert faults("before_flush", 3) == []


def test_passes_can_be_chosen() -> None:
    """`@N` waits for the Nth pass, `*N` acts on so many."""
    failpoints.arm("before_flush=EIO@3*2, after_flush=EIO*1")
    assert faults("before_flush", 6) == [3, 4]
    assert faults("after_flush", 6) == [1]


def test_a_new_order_replaces_the_old() -> None:
    """Arming again forgets what was armed, and begins to count anew."""
    failpoints.arm("before_flush=EIO")
    failpoints.arm("after_flush=EIO@2")
    assert faults("before_flush", 1) == []
    assert faults("after_flush", 2) == [2]


@pytest.mark.parametrize("order", ["nowhere=EIO", "mid_write", "mid_write=", "mid_write=EIO@", "mid_write=ENOFUN"])
def test_an_order_that_can_not_be_carried_out_is_an_error(order: str) -> None:
    """A misspelt order fails when it is given, and does not test nothing; the old one stays."""
    failpoints.arm("before_reply=EIO")
    with pytest.raises(ValueError, match="IMAGEHUB_FAILPOINTS"):
        failpoints.arm(f"before_flush=EIO,{order}")
    assert failpoints.armed("before_reply")
    assert not failpoints.armed("before_flush")


def test_a_crash_is_a_real_one() -> None:
    """`crash` ends the process by SIGKILL: nothing is cleaned up."""
    code = "import os; from imagehub import failpoints as f; f.arm_from(os.environ)\n"
    code += "f.hit('before_flush'); print('alive', flush=True); f.hit('before_flush'); print('still')"
    source = str(Path(imagehub.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": source, "IMAGEHUB_FAILPOINTS": "before_flush=crash@2"}
    process = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert process.returncode == -signal.SIGKILL
    assert process.stdout == b"alive\n"
