"""The API over real connections: whatever a machine thinks up, and the calls of the documentation."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from calling import PASSWORD, served, set_aside, write_hub
from imagehub.librarian import accounts, notify
from imagehub.librarian.ingest import Ingest
from imagehub.librarian.notify import Draft
from imagehub.librarian.web.site import Site
from imagehub.librarian.web.times import now_us
from requirements_here import require

REFERENCE = Path(__file__).parents[3] / "docs" / "ref" / "api.md"
Served = tuple[str, Site, dict[str, str]]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Served]:
    """Give the address of a served API, its site, and tokens by name."""
    with served(tmp_path) as (address, site, tokens):
        yield f"{address}/api/v1", site, tokens


def test_answers_are_as_described_whatever_is_asked(api: Served, tmp_path: Path) -> None:
    """No call breaks it; status, type, headers and body are those of the OpenAPI document.

    Left out are the stream, which does not end, and the test message, which would go to strangers; that calls without
    a token are refused is shown elsewhere, by tokens that are not held back. What no description can say, such as an
    end before a start, may be refused.
    """
    tool = Path(sys.executable).with_name("st")
    require(tool.exists(), "schemathesis")
    address, site, _ = api
    with site.writing() as connection:
        _, secret = accounts.sign_in(connection, "admin", PASSWORD, "127.0.0.1", now_us(), 30)
    headers = ["-H", f"Cookie: imagehub_session={secret}", "-H", f"X-Form-Token: {accounts.form_token(secret)}"]
    left_out = ["--exclude-path", "/live", "--exclude-path", "/rules/test"]
    checks = ["--exclude-checks", "ignored_auth,positive_data_acceptance"]
    bounds = ["--phases", "coverage,fuzzing", "--max-examples", "3", "--generation-deterministic"]
    plain = ["--no-color", "--generation-with-security-parameters", "false", "--continue-on-failure"]
    words = [str(tool), "run", f"{address}/openapi.json", *headers, *left_out, *checks, *bounds, *plain]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    assert "Fuzzing" in done.stdout


class _Taker(BaseHTTPRequestHandler):
    """Takes whatever is posted."""

    def do_POST(self) -> None:
        """Take it."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def taker() -> Iterator[str]:
    """Give the address of a server that takes webhooks."""
    server = HTTPServer(("127.0.0.1", 0), _Taker)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_each_call_of_the_reference_works(api: Served, taker: str, tmp_path: Path) -> None:
    """As it stands there, one after the other; each operation of the API has one."""
    require(shutil.which("curl"), "curl")
    address, site, tokens = api
    with site.writing() as connection:
        draft = Draft(
            rule_id=None, camera_id=1, image_id=1, event_id=None, time_us=1, cause="test", channel="webhook",
            target=f"{taker}/", title="Gate", text="moved",
        )  # fmt: skip
        notify.put(connection, draft, 1)
        set_aside(connection, 1, 2)
    calls = re.findall(r"^curl .*$", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
    environment = os.environ | {"API": address, "TOKEN": tokens["all"], "CURL_HOME": str(tmp_path)}
    (tmp_path / ".curlrc").write_text("silent\nshow-error\nfail-with-body\nmax-time = 60\n")
    for call in calls:
        command = call.replace("http://localhost:1880", taker) + (" --max-time 1" if " -N " in call else "")
        done = subprocess.run(["bash", "-c", command], capture_output=True, env=environment, cwd=tmp_path, check=False)
        assert done.returncode == (28 if " -N " in call else 0), (call, done.stdout, done.stderr)
    assert (tmp_path / "gate.jpg").read_bytes()[:100] == (tmp_path / "begin.bin").read_bytes()
    assert _documented(calls) == _described(address)


def _documented(calls: list[str]) -> set[tuple[str, str]]:
    found = set()
    for call in calls:
        method = match[1] if (match := re.search(r"-X (\w+)", call)) else "GET"
        path = re.search(r'\$API(/[^?"]*)', call)
        assert path
        found.add((method, re.sub(r"/\d+", "/{id}", path[1]).replace("/small", "/{size}")))
    return found


def _described(address: str) -> set[tuple[str, str]]:
    document = httpx.get(f"{address}/openapi.json").json()
    return {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}


def test_what_arrives_is_sent_at_once(api: Served) -> None:
    """Images and events, to whoever may see them; when the page ends, the stream ends."""
    address, site, tokens = api
    with httpx.stream("GET", f"{address}/live", headers={"Authorization": f"Bearer {tokens['guest']}"}) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "retry: 2000"
        _more_arrives(site)
        found = [line for line in _until(lines, 4) if line.startswith(("event", "data"))]
        assert found[0] == "event: image"
        assert '"camera":"Gate"' in found[1]
        site.stopping.set()
        site.arrivals.announce()
        assert not any("Barn" in line for line in lines)


def _until(lines: Iterator[str], count: int) -> list[str]:
    return [next(lines) for _ in range(count)]


def _more_arrives(site: Site) -> None:
    more = site.settings.hub_directory.parent / "more"
    write_hub(more, 12)
    for source in (more / "journal").iterdir():
        shutil.copy(source, site.settings.hub_directory / "journal" / source.name)
    assert Ingest(site.engine, site.settings.hub_directory).follow() == 4
    site.arrivals.announce()
