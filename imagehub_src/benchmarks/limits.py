"""The machine's own limits, measured with nothing of the hub: what ratios are taken to.

Files are not deleted before the end: on ext4, creating files right after many were deleted is several times
slower, because it does not use an inode again for some seconds and searches past those.
"""

import ctypes
import os
import time
from multiprocessing import Process
from pathlib import Path

import zmq

GROUPS = (8, 32, 128, 512)


def empty_router(endpoint: str) -> None:
    """Answer every request with `OK` and do nothing else, for ever."""
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.bind(endpoint)
        while True:
            identity, empty, _, _ = router.recv_multipart(copy=False)
            router.send_multipart([identity, empty, b"OK"])


def start_empty_router(endpoint: str) -> Process:
    """Start `empty_router` in a process of its own."""
    process = Process(target=empty_router, args=(endpoint,), daemon=True)
    process.start()
    return process


def group_commit(folder: Path, size: int, group: int, seconds: float) -> float:
    """Return images a second: `group` files written, one syncfs, again and again."""
    libc = ctypes.CDLL(None, use_errno=True)
    return _write_files(folder / f"group-{group}", size, group, seconds, libc.syncfs)


def buffered(folder: Path, size: int, seconds: float) -> float:
    """Return images a second: files handed to the kernel, nothing flushed."""
    return _write_files(folder / "buffered", size, 128, seconds, lambda descriptor: 0)


def _write_files(folder: Path, size: int, group: int, seconds: float, sync: object) -> float:
    folder.mkdir(parents=True)
    os.sync()
    descriptor = os.open(folder, os.O_RDONLY)
    body, count, start = b"\xff\xd8" + os.urandom(size - 2), 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for _ in range(group):
            count += 1
            file = os.open(f"{folder}/{count}.jpg", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            os.write(file, body)
            os.close(file)
        if sync(descriptor) != 0:  # type: ignore[operator]
            raise OSError(ctypes.get_errno(), "syncfs failed")
    took = time.perf_counter() - start
    os.close(descriptor)
    return count / took


def best_group_commit(folder: Path, size: int, seconds: float) -> tuple[int, float]:
    """Return the best group size and its rate in images a second."""
    rates = {group: group_commit(folder, size, group, seconds) for group in GROUPS}
    best = max(rates, key=lambda group: rates[group])
    return best, rates[best]
