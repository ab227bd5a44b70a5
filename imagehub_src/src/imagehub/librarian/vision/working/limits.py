"""A worker stays out of the way: low priority, few threads, bounded memory."""

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path

NICENESS = 15
# A single picture that needs more fails with a MemoryError, and the machine stays usable.
DATA_BYTES = 2 << 30
MEMORY_BYTES = 1 << 30
# The most that a heap keeps at its end. To glibc, saying so also means that large pieces stay apart from the heap
# however often they come: the buffers of pictures, each of another size, would leave it full of holes.
KEPT_BYTES = 4 << 20
M_TRIM_THRESHOLD = -1  # of malloc.h
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def set_threads(threads: int) -> None:
    """Limit the threads of libraries; for those that look at the environment it must come before their import."""
    for name in THREAD_VARIABLES:
        os.environ.setdefault(name, str(threads))
    with suppress(ImportError):  # who needs it says so
        import cv2

        cv2.setNumThreads(threads)


def step_back() -> None:
    """Let everybody else go first where the system allows to say so."""
    with suppress(AttributeError, OSError):  # other systems have no such thing, and sandboxes may refuse it
        os.nice(max(0, NICENESS - os.nice(0)))
    with suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def give_back_memory() -> None:
    """Let what is freed go back to the system; where the C library is not glibc, all stays as it is."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)


def bound_memory() -> None:
    """Let what asks for too much memory fail."""
    if sys.platform != "win32":
        import resource

        with suppress(OSError, ValueError):
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            most = DATA_BYTES if hard == resource.RLIM_INFINITY else min(hard, DATA_BYTES)
            resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def resident_bytes() -> int:
    """Return the memory that this process has in use; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def grown() -> bool:
    """Tell whether this process should begin anew, as it holds more memory than its work needs."""
    return resident_bytes() > MEMORY_BYTES
