"""The machine's own limits, measured with nothing of the hub: what ratios are taken to.

Files are not deleted before the end: on ext4, creating files right after many were deleted is several times
slower, because it does not use an inode again for some seconds and searches past those.
"""

import ctypes
import os
import time
from collections.abc import Callable
from multiprocessing import Process
from pathlib import Path

import zmq

GROUPS = (32, 128, 512)


def empty_router(endpoint: str) -> None:
    """Answer every request with `OK` and do nothing else, for ever."""
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.bind(endpoint)
        while True:
            identity, empty, _, _ = router.recv_multipart(copy=False)
            router.send_multipart([identity, empty, b"OK"])


def promise_free(endpoint: str, folder: Path, synced: bool) -> None:
    """Write all that waits as files, flush once if `synced`, reply; for ever.

    No journal, no check, no recovery, one process: what a network and this disk allow a program that promises nothing.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    folder.mkdir(parents=True)
    descriptor, count = os.open(folder, os.O_RDONLY), 0
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.bind(endpoint)
        while router.poll():
            waiting = []
            while int(router.get(zmq.EVENTS)) & zmq.POLLIN:
                identity, _, _, body = router.recv_multipart(copy=False)
                count += 1
                file = os.open(f"{folder}/{count}.jpg", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
                os.write(file, body.buffer)
                os.close(file)
                waiting.append(identity)
            if synced and libc.syncfs(descriptor) != 0:
                raise OSError(ctypes.get_errno(), "syncfs failed")
            for identity in waiting:
                router.send_multipart([identity, b"", b"OK"])


def start(loop: Callable[..., None], *args: object) -> Process:
    """Start one of the loops above in a process of its own."""
    process = Process(target=loop, args=args, daemon=True)
    process.start()
    return process


def group_commit(folder: Path, size: int, group: int, seconds: float) -> float:
    """Return images a second: `group` files written, one syncfs, again and again."""
    libc = ctypes.CDLL(None, use_errno=True)
    return _write_files(folder, size, group, seconds, libc.syncfs)


def buffered(folder: Path, size: int, seconds: float) -> float:
    """Return images a second: files handed to the kernel, nothing flushed."""
    return _write_files(folder, size, 128, seconds, lambda descriptor: 0)


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
