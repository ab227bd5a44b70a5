"""`imagehub run --only front`: a front by itself, at whose local socket store processes come and go."""

import signal
import sys
from pathlib import Path

import zmq

from imagehub import link, local
from imagehub.front import Front
from imagehub.notify import Notifier
from imagehub.wakeup import Wakeup

SOCKET_NAME = "front.sock"
SOCKET_MODE = 0o600


def serve(runtime_directory: Path) -> int:
    """Own the senders' sockets until SIGTERM or SIGINT; return the exit code."""
    wakeup = Wakeup()
    wakeup.on_signals((signal.SIGTERM, signal.SIGINT))
    stopping: set[int] = set()
    with zmq.Context() as context, local.listen(runtime_directory / SOCKET_NAME, SOCKET_MODE) as listener:
        front = Front(context, link.region_file())
        front.open()
        front.watch(wakeup.fileno(), lambda: stopping.update(wakeup.drain()))
        front.watch(listener.fileno(), lambda: front.attach(listener.accept()[0]))
        notifier = Notifier()
        notifier.tell("READY=1", "STATUS=waiting for a store process to say where to listen")
        while not stopping:
            front.turn(None)
        notifier.tell("STOPPING=1")
        front.close()
    return 0


if __name__ == "__main__":
    sys.exit(serve(Path(sys.argv[1])))
