"""A worker steps back: what it does to its process is done to one of its own here."""

import json
import subprocess
import sys

from imagehub.librarian.vision.working import limits

CODE = """
import json, os, resource, sys
from imagehub.librarian.vision.working import limits
limits.step_back()
limits.set_threads(1)
limits.bound_memory()
try:
    bytearray(3 << 30)
    held = True
except MemoryError:
    held = False
print(json.dumps([os.nice(0), os.sched_getscheduler(0) == os.SCHED_BATCH, os.environ["OMP_NUM_THREADS"], held]))
"""


def test_a_worker_goes_last_with_few_threads_and_bounded_memory() -> None:
    """What asks for more memory than a picture can need fails, and the machine goes on."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [15, True, "1", False]


BUFFERS = """
import sys
from imagehub.librarian.vision.working import limits
if sys.argv[1] == "given back":
    limits.give_back_memory()
before = limits.resident_bytes()
# As decoded pictures come and go: after a large one each is larger than the one before, and a little of each is kept.
kept = []
for size in (24 << 20, *range(1 << 20, 8 << 20, 1 << 20)):
    picture = bytearray(size)
    picture[:] = b"x" * size
    kept.append(bytearray(b"y" * 100_000))
    del picture
print(limits.resident_bytes() - before - sum(map(len, kept)))
"""


def held_after_pictures(how: str) -> int:
    """Return the bytes that a process holds for nothing after many buffers came and went."""
    return int(subprocess.run([sys.executable, "-c", BUFFERS, how], capture_output=True, text=True, check=True).stdout)


def test_what_pictures_took_goes_back() -> None:
    """A worker does not hold what its largest pictures once needed; a process that is left alone does."""
    assert held_after_pictures("given back") < 8 << 20
    assert held_after_pictures("left alone") > 12 << 20


def test_memory_in_use_is_known() -> None:
    """So that a worker that has grown begins anew."""
    assert 10 << 20 < limits.resident_bytes() < 1 << 40
    assert not limits.grown()
