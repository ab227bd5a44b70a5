"""The installed command, as a user of the base installation meets it: pyzmq, PyYAML and nothing else."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from imagehub import __version__
from imagehub.sender import BLACK_JPEG
from requirements_here import require
from running import DEADLINE_SECONDS, Node, free_port, running_hub, until

SOURCE = Path(__file__).parents[2]
INSTALL_SECONDS = 200.0
READY_SECONDS = 5.0
# What is installed must not be taken from the source tree.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


class Installed:
    """A virtual environment that has the wheel."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.wheel = wheel
        self.python = folder / "bin" / "python"
        self.imagehub = folder / "bin" / "imagehub"

    def run(self, *words: str | Path, where: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        return execute(self.imagehub, *words, where=where)

    @contextmanager
    def hub(self, settings: Path, where: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """Run a hub as a terminal does, with a process group of its own, until it stores."""
        with (settings / "hub.log").open("ab") as log:
            process = subprocess.Popen(
                [self.imagehub, "--path", settings],
                cwd=where, env=ENVIRONMENT, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            until(lambda: self.is_ready(settings) or process.poll() is not None, "a hub that stores")
            assert process.poll() is None, (settings / "hub.log").read_text()
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(DEADLINE_SECONDS)

    def is_ready(self, settings: Path) -> bool:
        """Tell whether the command says that the hub is ready."""
        answer = self.run("status", "--json", "--path", settings)
        return answer.returncode == 0 and json.loads(answer.stdout)["state"] == "ready"


def execute(*words: str | Path, where: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, without whatever the environment says about Python."""
    return subprocess.run(
        words, cwd=where, env=ENVIRONMENT, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel of this source, in a virtual environment that has nothing but what the wheel asks for."""
    require(importlib.util.find_spec("hatchling"), "no wheel without the package hatchling")
    folder = tmp_path_factory.mktemp("installed")
    built = execute(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, where=SOURCE)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    made = execute(sys.executable, "-m", "venv", folder / "venv")
    assert made.returncode == 0, made.stderr
    hub = Installed(folder / "venv", wheel)
    pip = execute(hub.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
    require(pip.returncode == 0, f"no installation without the packages that it needs: {pip.stderr[-500:]}")
    return hub


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A folder with a settings file of three lines."""
    folder = tmp_path / "hub"
    folder.mkdir()
    (folder / "imagehub.yaml").write_text(f"hub:\n  port: {free_port()}\n  bind_address: 127.0.0.1\n")
    return folder


@pytest.fixture
def jpeg(tmp_path: Path) -> Path:
    """A picture to send."""
    path = tmp_path / "picture.jpg"
    path.write_bytes(BLACK_JPEG)
    return path


def endpoint(settings: Path) -> str:
    """Return where senders connect to the hub of these settings."""
    words = (settings / "imagehub.yaml").read_text().split()
    return f"tcp://127.0.0.1:{words[words.index('port:') + 1]}"


def images(settings: Path) -> list[Path]:
    """Return the images that a hub has stored."""
    return sorted((settings / "imagehub_data" / "images").glob("*/*.jpg"))


def test_the_wheel_is_the_package(installed: Installed) -> None:
    """The wheel has the package with its types and the license, and no tests, benchmarks or settings."""
    names = zipfile.ZipFile(installed.wheel).namelist()
    info = f"imagehub-{__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"imagehub", info}
    assert {"imagehub/py.typed", f"{info}/licenses/LICENSE"} <= set(names)


def test_the_base_installation_needs_two_packages(installed: Installed) -> None:
    """After `pip install imagehub` there are pyzmq and PyYAML, and what every environment has."""
    listed = execute(installed.python, "-m", "pip", "list", "--format", "json", "--disable-pip-version-check")
    names = {package["name"].lower() for package in json.loads(listed.stdout)}
    assert names - {"pip", "setuptools"} == {"imagehub", "pyzmq", "pyyaml"}


def test_it_says_its_version(installed: Installed) -> None:
    """`imagehub --version` is the one version that the package has."""
    assert installed.run("--version").stdout == f"imagehub {__version__}\n"


def test_it_checks_settings(installed: Installed, settings: Path, tmp_path: Path) -> None:
    """`check-config` says ok and ends with 0, or names every fault with its line and ends with 2."""
    sound = installed.run("check-config", settings / "imagehub.yaml")
    assert (sound.returncode, sound.stdout) == (0, "ok\n")
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text("hub:\n  port: 70000\n  patiense: 5\n")
    checked = installed.run("check-config", faulty)
    assert checked.returncode == 2
    assert checked.stderr.splitlines() == [
        f"imagehub: {faulty}:2: hub.port: expected whole number from 1 to 65535, got 70000",
        f"imagehub: {faulty}:3: hub.patiense: unknown setting; did you mean hub.patience?",
    ]


def test_it_stores_what_is_sent_and_shows_it(installed: Installed, settings: Path, jpeg: Path) -> None:
    """A hub is started, sent to, asked, checked, purged on trial and stopped with Ctrl-C: all by the one command."""
    with installed.hub(settings) as hub:
        sent = installed.run("send", "--hub", endpoint(settings), "--node", "Barn", "--view", "P1", jpeg)
        assert (sent.returncode, sent.stdout) == (0, "sent 1 image, 1 stored, 0 not stored\n")
        told = installed.run("send", "--hub", endpoint(settings), "--node", "Barn", "--event", "motion|moving")
        assert (told.returncode, told.stdout) == (0, "sent 1 event, 1 stored, 0 not stored\n")
        (stored,) = images(settings)
        assert stored.read_bytes() == BLACK_JPEG
        shown = installed.run("status", "--path", settings)
        assert shown.returncode == 0
        assert all(text in shown.stdout for text in ("ready", "Barn P1", "1 image", "motion"))
        document = json.loads(installed.run("status", "--json", "--path", settings).stdout)
        assert (document["today"]["images"], document["today"]["events"]) == (1, 1)
        checked = installed.run("check", "--path", settings)
        assert checked.returncode == 0
        assert checked.stdout.endswith("all agree\n")
        purged = installed.run("purge", "--path", settings, "--max-bytes", "0", "--dry-run")
        assert (purged.returncode, purged.stdout.split()[:3]) == (0, ["would", "delete", "0"])
        os.killpg(hub.pid, signal.SIGINT)
        assert hub.wait(DEADLINE_SECONDS) == 0
    assert (settings / "imagehub_data" / "journal" / "committed").read_text().split()[-1] == "clean"
    assert "Traceback" not in (settings / "hub.log").read_text()


def test_it_is_ready_soon(installed: Installed, settings: Path) -> None:
    """From the command to the first image that could be stored it takes less than 5 s, everything included."""
    began = time.monotonic()
    with installed.hub(settings):
        assert time.monotonic() - began < READY_SECONDS


def test_it_makes_keys_and_units(installed: Installed, settings: Path, tmp_path: Path) -> None:
    """`keys new` prints the two files that it made; `unit` prints units that start this very installation."""
    made = installed.run("keys", "new", "hub", "--directory", tmp_path / "keys")
    assert made.returncode == 0
    assert made.stdout.split() == [str(tmp_path / "keys" / name) for name in ("hub.key", "hub.key_secret")]
    assert all(Path(path).is_file() for path in made.stdout.split())
    for which in ("store", "front"):
        unit = installed.run("unit", which, "--path", settings, "--user", "nobody")
        assert unit.returncode == 0
        assert f"ExecStart={installed.imagehub} run --only {which} --path {settings}\n" in unit.stdout


def test_a_hub_that_is_not_there_is_said(installed: Installed, settings: Path) -> None:
    """`status` without a hub ends with 1 and one line that says what to look at."""
    asked = installed.run("status", "--path", settings)
    assert (asked.returncode, asked.stdout) == (1, "")
    (line,) = asked.stderr.splitlines()
    assert "no hub answers" in line


def test_it_is_not_misled_by_the_folder_that_it_is_started_in(
    installed: Installed, settings: Path, tmp_path: Path, jpeg: Path
) -> None:
    """Python files in the current folder, such as an older hub's `imagehub.py`, are not taken for parts of the hub."""
    for name in ("imagehub.py", "zmq.py", "yaml.py", "json.py", "socket.py"):
        (tmp_path / name).write_text("raise SystemExit('this is not what was installed')\n")
    with installed.hub(settings, where=tmp_path):
        sent = installed.run("send", "--hub", endpoint(settings), "--node", "Barn", jpeg, where=tmp_path)
        assert sent.returncode == 0
        assert len(images(settings)) == 1


def test_a_missing_extra_for_metrics_is_named(installed: Installed, settings: Path) -> None:
    """A `metrics_port` without the package for it ends the start with one line that names setting and extra."""
    with (settings / "imagehub.yaml").open("a") as file:
        file.write(f"  metrics_port: {free_port()}\n")
    ended = installed.run("run", "--path", settings)
    assert ended.returncode in {1, 2}
    (line,) = [line for line in ended.stderr.splitlines() if line.startswith("imagehub: ")]
    assert line == "imagehub: hub.metrics_port needs an optional part: pip install 'imagehub[metrics]'"
    assert "Traceback" not in ended.stderr


def test_a_missing_extra_for_arrays_is_named(installed: Installed, settings: Path) -> None:
    """A raw array that the hub can't encode is answered with the extra that it lacks; JPEGs are stored all the same."""
    with installed.hub(settings), Node(endpoint(settings)) as node:
        reply = node.send("Barn P1|image|", bytes(27), dtype="uint8", shape=[3, 3, 3])
        assert reply.startswith("NOT STORED ")
        assert reply.endswith("pip install 'imagehub[raw]'")
        assert node.send("Barn P1|jpg|") == "OK"


@pytest.mark.parametrize(
    ("words", "extra"),
    [(("demo",), "demo"), (("send", "--node", "Barn", "--video", "film.avi"), "raw")],
    ids=["demo", "send --video"],
)
def test_a_missing_extra_for_a_command_is_named(
    installed: Installed, tmp_path: Path, words: tuple[str, ...], extra: str
) -> None:
    """A command that needs more than the base installation ends with 1 and one line that names the extra."""
    (tmp_path / "film.avi").write_bytes(b"")
    ended = installed.run(*words, where=tmp_path)
    assert ended.returncode == 1
    assert f"pip install 'imagehub[{extra}]'" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def mapped(process: int) -> str:
    """Return the files that a process has mapped, code of its extension modules among them."""
    return Path(f"/proc/{process}/maps").read_text()


def test_a_hub_carries_no_arrays(tmp_path: Path) -> None:
    """Even where OpenCV is installed, storing JPEGs loads neither it nor NumPy; the front does not even load YAML."""
    with running_hub(tmp_path) as hub, Node(hub.endpoint) as node:
        assert hub.process is not None
        assert node.send("Barn P1|jpg|") == "OK"
        store, front = mapped(hub.status()["pid"]), mapped(hub.process.pid)
    assert "_yaml" in store
    assert [part for part in ("cv2", "numpy") if part in store] == []
    assert [part for part in ("cv2", "numpy", "_yaml") if part in front] == []


def test_the_package_alone_loads_nothing(installed: Installed) -> None:
    """`import imagehub` brings in nothing of an extra, nor what a running hub needs."""
    code = "import imagehub, sys; print(*{'numpy', 'cv2', 'zmq', 'yaml', 'prometheus_client'} & set(sys.modules))"
    assert execute(installed.python, "-c", code).stdout.split() == []
