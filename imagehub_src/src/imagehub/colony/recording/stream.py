"""A camera's newest picture over HTTP, as the moving MJPEG that browsers show, and one by one.

`/` is a page with the picture, `/stream.mjpg` the pictures as they come, `/latest.jpg` the newest one. Viewers cost
the camera nothing: a picture is made into a JPEG once, and only while somebody looks.
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from imagehub.colony.recording.errors import RecordingError
from imagehub.node import jpeg
from imagehub.node.cameras.camera import Frame

JPEG_QUALITY = 80
STUCK_SECONDS = 10.0
# What a slow viewer's connection may hold: with more it would see old pictures for long.
SEND_BUFFER_BYTES = 65_536
BOUNDARY = "picture"
PAGE = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Preview</title>
<style>body{margin:0;background:#111}img{display:block;max-width:100vw;max-height:100vh;margin:auto}</style></head>
<body><img src="/stream.mjpg" alt="What the camera sees"></body></html>
"""


class Newest:
    """The newest frame as a JPEG, encoded once however many ask."""

    def __init__(self, newest: Callable[[], Frame | None]) -> None:
        self._newest = newest
        self._lock = threading.Lock()
        self._frame: Frame | None = None
        self._jpeg = b""

    def jpeg(self, unlike: Frame | None = None) -> tuple[Frame, bytes] | None:
        """Return the newest frame and its JPEG; None where there is none, or none but the one that is known."""
        frame = self._newest()
        if frame is None or frame is unlike:
            return None
        with self._lock:
            if frame is not self._frame:
                self._frame, self._jpeg = frame, jpeg.encode(frame.pixels, JPEG_QUALITY)
            return self._frame, self._jpeg


class MjpegServer:
    """Serves what `newest` returns, at most `rate` pictures a second to each viewer."""

    def __init__(
        self, port: int, newest: Callable[[], Frame | None], address: str = "127.0.0.1", rate: float = 10.0
    ) -> None:
        """`port` 0 takes a free one; see `port` after `start`. `address` is where to listen, empty for everywhere."""
        self._where = (address, port)
        self._newest = Newest(newest)
        self._pause = 1 / rate
        self._closing = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that it listens on, once it does."""
        return int(self._server.server_address[1]) if self._server else self._where[1]

    def start(self) -> None:
        """Serve from now on; raise RecordingError where the port can't be had."""
        handler = type("Viewer", (_Viewer,), {"newest": self._newest, "pause": self._pause, "closing": self._closing})
        try:
            self._server = _Server(self._where, handler)
        except OSError as error:
            address, port = self._where
            raise RecordingError(f"can't serve the preview at {address}:{port}: {error.strerror}") from None
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="preview", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Send all viewers away."""
        self._closing.set()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.settimeout(STUCK_SECONDS)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A viewer that went away is no fault."""


class _Viewer(BaseHTTPRequestHandler):
    newest: Newest
    pause: float
    closing: threading.Event

    def do_GET(self) -> None:
        """Answer a viewer."""
        answer = {"/": self._page, "/latest.jpg": self._latest, "/stream.mjpg": self._stream}.get(self.path)
        if answer is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        with contextlib.suppress(OSError):  # the viewer went away, or takes nothing more
            answer()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base class has it
        """Say nothing: a page that is looked at is no event."""

    def _page(self) -> None:
        self._send("text/html; charset=utf-8", PAGE)

    def _latest(self) -> None:
        found = self.newest.jpeg()
        if found is None:
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, "No picture yet")
        else:
            self._send("image/jpeg", found[1])

    def _send(self, kind: str, body: bytes) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        shown: Frame | None = None
        while not self.closing.is_set():
            found = self.newest.jpeg(unlike=shown)
            if found is not None:
                shown = found[0]
                self._part(found[1])
            self.closing.wait(self.pause)

    def _part(self, jpeg: bytes) -> None:
        head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        self.wfile.write(head.encode() + jpeg + b"\r\n")
