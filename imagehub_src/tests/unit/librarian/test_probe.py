"""`imagehub-librarian probe` says ok when the page does, and else what was wrong."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from imagehub.errors import ImagehubError
from imagehub.librarian import cli, settings
from imagehub.librarian.probe import probe
from running import free_port


class Page(BaseHTTPRequestHandler):
    """Answers the first request as a page that has just started, and those after it as one that is well."""

    answers: tuple[tuple[int, bytes], ...] = ()
    asked = 0

    def do_GET(self) -> None:
        """Give the next answer, the last one again and again."""
        status, body = self.answers[min(type(self).asked, len(self.answers) - 1)]
        type(self).asked += 1
        self.send_response(status if self.path == "/healthz" else 404)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test's output to itself."""


@contextmanager
def page(*answers: tuple[int, bytes]) -> Iterator[int]:
    """Serve these answers, one after the other, and give the port."""
    handler = type("OnePage", (Page,), {"answers": answers})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def given(folder: Path, text: str) -> Path:
    """Write a settings file with this `web:` section."""
    path = folder / "librarian.yaml"
    path.write_text(f"librarian:\nweb: {text}\n")
    return path


def test_it_waits_until_the_page_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An error at first is not the last word, and `*` is asked on this machine."""
    with page((503, b"starting"), (200, b"ok\n")) as port:
        path = given(tmp_path, f'{{port: {port}, address: "*"}}')
        assert cli.main(["probe", "--path", str(path), "--seconds", "60"]) == 0
    assert f"http://127.0.0.1:{port} answered ok in " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("status", "body", "said"), [(503, b"no catalog", "503 .*: no catalog"), (200, b"hello", "200 .*: hello")]
)
def test_what_the_page_said_instead_is_told(tmp_path: Path, status: int, body: bytes, said: str) -> None:
    """Once the time is over."""
    with page((status, body)) as port, pytest.raises(ImagehubError, match=rf"no ok within 0 s: /healthz is {said}"):
        probe(settings.find(given(tmp_path, f"{{port: {port}}}")), 0)


def test_nobody_at_the_port_is_told_with_the_place(tmp_path: Path) -> None:
    """Host and port are those of the settings."""
    port = free_port()
    with pytest.raises(ImagehubError, match=rf"http://\[::1\]:{port}: no ok within 0 s: "):
        probe(settings.find(given(tmp_path, f'{{port: {port}, address: "::1"}}')), 0)


def test_without_a_page_there_is_nothing_to_ask(tmp_path: Path) -> None:
    """Which is no fault."""
    assert "no page" in probe(settings.find(given(tmp_path, "{enabled: false}")), 0)


def test_a_settings_file_is_checked_without_being_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`check-config` says ok, or names the fault and exits 2."""
    assert cli.main(["check-config", str(given(tmp_path, "{port: 8081}"))]) == 0
    assert capsys.readouterr().out == "ok\n"
    assert cli.main(["check-config", str(given(tmp_path, "{port: 0}"))]) == 2
    assert "web.port" in capsys.readouterr().err
