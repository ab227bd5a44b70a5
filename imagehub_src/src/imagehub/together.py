"""`imagehub run --together`: front and store in one process, for systems where two can't share memory (Windows).

All promises hold but one: a restart of the store process is a restart of everything.
"""

import socket
import threading
from pathlib import Path

import zmq

from imagehub import link, service
from imagehub.front import Front
from imagehub.settings import Settings
from imagehub.wakeup import Wakeup


def run(settings: Settings, settings_path: Path | None) -> None:
    """Be the whole hub until told to stop; raise ImagehubError when that is not possible."""
    ours, theirs = socket.socketpair()
    stop = Wakeup()
    thread = threading.Thread(target=_serve, args=(ours, stop), name="front", daemon=True)
    thread.start()
    try:
        service.run(settings, settings_path, lambda: theirs)
    finally:
        stop.wake()
        thread.join()


def _serve(stream: socket.socket, stop: Wakeup) -> None:
    stopping: list[bool] = []
    with zmq.Context() as context:
        front = Front(context, link.region_file())
        front.open()
        front.watch(stop.fileno(), lambda: stopping.append(True))
        front.attach(stream)
        while not stopping:
            front.turn(None)
        front.close()
