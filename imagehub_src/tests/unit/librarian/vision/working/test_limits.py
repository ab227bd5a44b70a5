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


def test_memory_in_use_is_known() -> None:
    """So that a worker that has grown begins anew."""
    assert 10 << 20 < limits.resident_bytes() < 1 << 40
    assert not limits.grown()
