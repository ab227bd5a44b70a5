"""What `imagehub status` shows: a document that the hub gives to whoever connects to its local socket."""

import json
import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from imagehub import local
from imagehub.errors import ImagehubError

log = logging.getLogger(__name__)

SOCKET_NAME = "status.sock"
SOCKET_MODE = 0o660
ANSWER_SECONDS = 5.0

Document = dict[str, Any]


class StatusServer:
    """Answers each connection with the document, as JSON, and closes it."""

    def __init__(self, runtime_directory: Path, document: Callable[[], Document]) -> None:
        self._path = runtime_directory / SOCKET_NAME
        self._document = document
        self._listener: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name="status", daemon=True)

    def start(self) -> None:
        """Listen, in a thread of its own; raise OSError where the directory can't hold a socket."""
        self._listener = local.listen(self._path, SOCKET_MODE)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and take the socket's file away."""
        if self._listener is not None:
            with suppress(OSError):  # closing alone does not wake who waits in `accept`
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._thread.join(ANSWER_SECONDS)
            with suppress(FileNotFoundError):
                self._path.unlink()

    def _serve(self) -> None:
        assert self._listener is not None
        while True:
            try:
                stream, _ = self._listener.accept()
            except OSError:
                return
            self._answer(stream)

    def _answer(self, stream: socket.socket) -> None:
        try:
            with stream:
                stream.settimeout(ANSWER_SECONDS)
                stream.sendall(json.dumps(self._document()).encode())
        except Exception:  # whoever asks next must be answered
            log.exception("could not tell the status")


def query(runtime_directory: Path, who: str = "hub") -> Document:
    """Ask the hub that runs there, or what else is called `who`, for its status.

    Raises:
        ImagehubError: nobody answers; says what to look at.
    """
    try:
        with local.connect(runtime_directory / SOCKET_NAME, ANSWER_SECONDS) as stream:
            document: Document = json.loads(b"".join(iter(lambda: stream.recv(65536), b"")))
    except PermissionError:
        raise ImagehubError(
            f"not allowed to ask the {who} at {runtime_directory}: be the {who}'s user or in its group"
        ) from None
    except (OSError, ValueError) as error:
        raise ImagehubError(
            f"no {who} answers at {runtime_directory} ({error}); is it running, and are these its settings (--path)?"
        ) from None
    return document
