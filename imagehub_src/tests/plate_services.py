"""A server that speaks as Plate Recognizer's documentation says, and as no documentation does."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "f00dcafe-secret"
PATH = "/v1/plate-reader/"


def result(plate: str, score: float = 0.9, left: int = 140, top: int = 100, region: str = "gb") -> dict[str, Any]:
    """Return one result as it is documented; the box is in pixels."""
    box = {"xmin": left, "ymin": top, "xmax": left + 80, "ymax": top + 20}
    vehicle = {"score": 0.8, "type": "Sedan", "box": {"xmin": 50, "ymin": 40, "xmax": 300, "ymax": 200}}
    rest = {"score": score, "dscore": 0.76, "candidates": [{"score": score, "plate": plate}], "vehicle": vehicle}
    return {"box": box, "plate": plate, "region": {"code": region, "score": 0.5}, **rest}


def answer(*results: dict[str, Any]) -> bytes:
    """Return the body of an answer."""
    rest = {"processing_time": 21.2, "filename": "1_image.jpg", "version": 1, "camera_id": None}
    return json.dumps({**rest, "results": results, "timestamp": "2026-11-21T12:00:00.000000Z"}).encode()


@dataclass
class Service:
    """What the server is to answer, in this order, the last one for good, and what it was asked."""

    url: str = ""
    answers: list[tuple[int, bytes, dict[str, str]]] = field(default_factory=list)
    statistics: tuple[int, bytes] = (404, b"")
    asked: list[dict[str, Any]] = field(default_factory=list)
    slow: threading.Event = field(default_factory=threading.Event)

    def say(self, status: int, body: bytes = b"{}", **headers: str) -> None:
        """Add an answer; `Retry_After` is the header `Retry-After`."""
        self.answers.append((status, body, {name.replace("_", "-"): text for name, text in headers.items()}))

    def next(self) -> tuple[int, bytes, dict[str, str]]:
        """Return the next answer."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def service() -> Iterator[Service]:
    """Give a server on this machine."""
    said = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = said.statistics
            said.asked.append({"path": self.path, "token": self.headers["Authorization"]})
            self._answer(status, body, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            said.asked.append(
                {"path": self.path, "token": self.headers["Authorization"], **_fields(self.headers, body)}
            )
            if self.path != PATH:
                self._answer(404, b"", {})
            elif self.headers["Authorization"] != f"Token {TOKEN}":
                self._answer(403, b'{"detail": "Invalid token."}', {})
            else:
                self._answer(*said.next())

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            said.slow.wait(20) if status == 0 else None
            self.send_response(status or 201)
            for name, text in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    said.url = f"http://127.0.0.1:{server.server_port}{PATH}"
    try:
        yield said
    finally:
        said.slow.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _fields(headers: Any, body: bytes) -> dict[str, Any]:
    """Return the picture and the regions of a form."""
    whole = message_from_bytes(f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body)
    parts = [(part.get_param("name", header="content-disposition"), part) for part in whole.walk()]
    regions = [str(part.get_payload()) for name, part in parts if name == "regions"]
    return {"regions": regions, "upload": [part.get_payload(decode=True) for name, part in parts if name == "upload"]}
