"""An operator's update goes from a workstation over a real sshd to a control node's project, or changes nothing."""

import contextlib
import getpass
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from requirements_here import require
from running import free_port, until

DEVOPS = Path(__file__).parents[3] / "devops" / "scripts"
SSHD = "/usr/sbin/sshd"
VERSION = Path("imagehub_src/src/imagehub/__init__.py")
PLAYBOOK, OTHER_PLAYBOOK = "playbooks/deploy-imagehub.yaml", "playbooks/deploy-librarian.yaml"
# Stands for ansible-playbook, where receive.py looks for it: what it does with hosts is proven by molecule.
RECORDER = """#!{python}
import json, pathlib, sys
code = pathlib.Path("imagehub_src/src/imagehub/__init__.py").read_text()
pathlib.Path("recorded.json").write_text(json.dumps({{"words": sys.argv[1:], "code": code}}))
print("PLAY [Deploy imagehub]")  # as Ansible does, without a flush
if pathlib.Path("hold").exists():
    pathlib.Path("hold").read_text()
print("imagehub 2.0 answered OK")
sys.exit(int(pathlib.Path("status").read_text()))
"""


@dataclass
class Server:
    """An sshd on a port of loopback, with a host key and a configuration of its own."""

    folder: Path
    authorised: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self.folder.mkdir()
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        new_key(self.folder / "host_key")
        (self.folder / "authorized_keys").write_text(self.authorised)
        (self.folder / "config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host_key\nPidFile none\nUsePAM no\n"
            f"AuthorizedKeysFile {self.folder}/authorized_keys\nStrictModes no\nPasswordAuthentication no\n"
            f"PermitRootLogin yes\nSubsystem sftp internal-sftp\nLogLevel VERBOSE\n"
        )
        command = [SSHD, "-D", "-f", str(self.folder / "config"), "-E", str(self.folder / "log")]
        self.process = subprocess.Popen(command)
        until(self._listens, "sshd to listen")

    def stop(self) -> None:
        """End it, and wait until it has ended; its connections go on."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()

    def log(self) -> str:
        """Return what it logged."""
        return (self.folder / "log").read_text()

    def known_host(self) -> str:
        """Return its line for known_hosts."""
        return f"[127.0.0.1]:{self.port} {(self.folder / 'host_key.pub').read_text()}"

    def _listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def new_key(path: Path) -> None:
    """Make a pair of keys."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)


@dataclass
class Site:
    """A workstation with a newer imagehub, and a control node with a project."""

    folder: Path
    control: Server
    values: dict[str, Any] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def project(self) -> Path:
        """The project on the control node."""
        return self.folder / "it's the project"

    @property
    def cache(self) -> Path:
        """Where archives arrive."""
        return self.folder / "cache"

    @property
    def workstation(self) -> Path:
        """The project on the workstation."""
        return self.folder / "workstation"

    def version(self) -> str:
        """Return the code that the control node's project has."""
        return (self.project / VERSION).read_text()

    def recorded(self) -> dict[str, Any]:
        """Return how the playbook was called, and which code it found."""
        return dict(json.loads((self.project / "recorded.json").read_text()))

    def configure(self, **values: Any) -> None:
        """Write the workstation's configuration with these values changed."""
        shipped = yaml.safe_load((DEVOPS / "sync" / "deployment-config.yaml").read_text())
        self.values |= values
        shipped["deployment"] |= self.values
        (self.workstation / "devops/scripts/sync/deployment-config.yaml").write_text(yaml.safe_dump(shipped))

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start what an operator types."""
        command = [sys.executable, "devops/scripts/sync/deploy.py", *words]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, cwd=self.workstation, stdout=pipe, stderr=subprocess.STDOUT, text=True)
        self.started.append(process)
        return process

    def stop(self) -> None:
        """Let a playbook that waits go on, and end what an operator started and a failed test left."""
        with contextlib.suppress(OSError):
            os.close(os.open(self.project / "hold", os.O_WRONLY | os.O_NONBLOCK))
        for process in self.started:
            with process:
                process.kill()

    def deploy(self, *words: str) -> tuple[int, str]:
        """Run what an operator types; return its exit code and all that it printed."""
        process = self.start(*(words or ("imagehub",)))
        said, _ = process.communicate(timeout=60)
        return process.returncode, said

    def hold(self) -> Path:
        """Let the next playbook wait until somebody writes into this."""
        os.mkfifo(self.project / "hold")
        return self.project / "hold"

    def untouched(self) -> bool:
        """Tell whether the project is as it was, no playbook ran, and nothing lies about."""
        strays = {path.name for path in self.project.iterdir()} & {"recorded.json", ".staging-imagehub_src"}
        return self.version() == '__version__ = "1.0"\n' and not strays


def write_code(project: Path, version: str) -> None:
    """Write a component that the shipped configuration takes."""
    for name in ("LICENSE", "pyproject.toml", "src/imagehub/__main__.py", "tests/test_a.py"):
        path = project / "imagehub_src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# text\n")
    (project / VERSION).write_text(f'__version__ = "{version}"\n')
    shutil.copytree(DEVOPS / "sync", project / "devops/scripts/sync", ignore=shutil.ignore_patterns("__pycache__"))


def write_project(project: Path) -> None:
    """Write a control node's project, with the recording program as its Ansible."""
    write_code(project, "1.0")
    (project / PLAYBOOK).parent.mkdir()
    for playbook in (PLAYBOOK, OTHER_PLAYBOOK):
        (project / playbook).write_text("[]\n")
    (project / "status").write_text("0")
    program = project / ".venv/bin/ansible-playbook"
    program.parent.mkdir(parents=True)
    program.write_text(RECORDER.format(python=sys.executable))
    program.chmod(0o755)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Start a control node; the workstation is configured for it."""
    missing = [name for name in (SSHD, "ssh", "scp", "ssh-keygen") if shutil.which(name) is None]
    require(not missing, f"no control node without {', '.join(missing)} (Debian: openssh-server)")
    new_key(tmp_path / "key")
    control = Server(tmp_path / "control", (tmp_path / "key.pub").read_text())
    site = Site(tmp_path, control)
    write_project(site.project)
    write_code(site.workstation, "2.0")
    site.cache.mkdir()
    control.start()
    client_config(site, control)
    site.configure(
        control_user=getpass.getuser(), control_host="127.0.0.1", ssh_port=control.port, python=sys.executable,
        transfer_cache=str(site.cache), project_path=str(site.project), ssh_config=str(tmp_path / "ssh_config"),
    )  # fmt: skip
    try:
        yield site
    finally:
        site.stop()
        control.stop()


def client_config(site: Site, *servers: Server) -> None:
    """Let the workstation know these servers and use its key, whatever the user who runs the tests has at home."""
    (site.folder / "known_hosts").write_text("".join(server.known_host() for server in servers))
    (site.folder / "ssh_config").write_text(
        f"Host *\nIdentityFile {site.folder}/key\nIdentitiesOnly yes\nIdentityAgent none\nBatchMode yes\n"
        f"UserKnownHostsFile {site.folder}/known_hosts\nGlobalKnownHostsFile /dev/null\nStrictHostKeyChecking yes\n"
    )


class Cutter:
    """A way to a server that breaks off: after so many bytes from the client, or when told."""

    def __init__(self, port: int, limit: int | None = None) -> None:
        self._target = port
        self._limit = limit
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection off, and accept no more."""
        for stream in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)
            stream.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += [client, server]
                threading.Thread(target=self._pass, args=(client, server, self._limit), daemon=True).start()
                threading.Thread(target=self._pass, args=(server, client, None), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, limit: int | None) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                passed += len(data)
                if limit is not None and passed > limit:
                    return self.cut()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        return None


def test_an_update_goes_through(site: Site) -> None:
    """The playbook finds the new code and is asked for the tag deploy; versions before and after are printed."""
    status, said = site.deploy()
    assert status == 0, said
    assert site.recorded() == {"words": [PLAYBOOK, "--tags", "deploy"], "code": '__version__ = "2.0"\n'}
    lines = said.splitlines()
    before, after = (next(line for line in lines if line.startswith(word)) for word in ("before:", "after:"))
    assert before.startswith("before: imagehub 1.0, content ")
    assert after.startswith("after:  imagehub 2.0, content ")
    assert lines.index(before) < lines.index(after) < lines.index("imagehub 2.0 answered OK")
    assert lines[-1] == "imagehub: updated"
    assert sorted(path.name for path in site.cache.iterdir()) == ["imagehub.log"], "the archive is removed"
    assert (site.project / ".former-imagehub_src/src/imagehub/__init__.py").read_text() == '__version__ = "1.0"\n'
    assert not (site.project / "imagehub_src/tests").exists()


def test_an_update_can_be_repeated(site: Site) -> None:
    """The same code once more is no fault, and goes through to the playbook."""
    assert site.deploy()[0] == 0
    status, said = site.deploy()
    assert status == 0, said
    assert "before: imagehub 2.0" in said


def test_lines_arrive_as_they_are_said(site: Site) -> None:
    """The operator sees the playbook at work, not only its end."""
    hold = site.hold()
    process = site.start("imagehub")
    assert process.stdout is not None
    assert "PLAY [Deploy imagehub]\n" in iter(process.stdout.readline, ""), "said before the playbook ends"
    hold.write_text("go on")
    assert process.communicate(timeout=60)[0].endswith("imagehub: updated\n")


def test_home_is_a_place_for_the_cache_and_the_project(site: Site) -> None:
    """A leading ~ means the home folder of the control node's user, for ssh and for scp."""
    with tempfile.TemporaryDirectory(prefix=".imagehub-test-", dir=Path.home()) as home:
        require(Path(home).parent == Path(f"~{getpass.getuser()}").expanduser(), "HOME to be the user's own")
        shutil.move(site.project, Path(home) / "the project")
        (Path(home) / "cache").mkdir()
        name = Path(home).name
        site.configure(project_path=f"~/{name}/the project", transfer_cache=f"~/{name}/cache")
        status, said = site.deploy()
        assert status == 0, said
        assert (Path(home) / "the project" / VERSION).read_text() == '__version__ = "2.0"\n'


@pytest.fixture
def bastion(site: Site) -> Iterator[Server]:
    """Start a jump host with the key line that setup-bastion.sh makes; the workstation has to go through it."""
    command = ["sh", str(DEVOPS / "setup-bastion.sh"), "--dry-run", "--control", "127.0.0.1"]
    command += ["--port", str(site.control.port), "--key", str(site.folder / "key.pub")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (line,) = [line for line in shown.splitlines() if line.startswith("restrict,port-forwarding,permitopen=")]
    bastion = Server(site.folder / "bastion", f"{line}\n")
    bastion.start()
    client_config(site, site.control, bastion)
    site.configure(bastion_user=getpass.getuser(), bastion_host="127.0.0.1", bastion_port=bastion.port)
    yield bastion
    bastion.stop()


def test_an_update_goes_through_a_bastion(site: Site, bastion: Server) -> None:
    """Upload and update both jump through it."""
    status, said = site.deploy()
    assert status == 0, said
    assert site.recorded()["code"] == '__version__ = "2.0"\n'
    assert bastion.log().count("Accepted publickey") == 2


def test_a_key_of_the_bastion_leads_nowhere_else(site: Site, bastion: Server) -> None:
    """The line of setup-bastion.sh lets nobody reach another port."""
    command = ["ssh", "-F", str(site.folder / "ssh_config"), "-p", str(bastion.port), "-W", f"127.0.0.1:{bastion.port}"]
    done = subprocess.run(
        [*command, "127.0.0.1"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode != 0
    assert "administratively prohibited" in done.stderr


def test_a_dry_run_opens_no_connection(site: Site) -> None:
    """Nobody knocks at the port of the control node."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        site.configure(ssh_port=listener.getsockname()[1])
        status, said = site.deploy("imagehub", "--dry-run")
        assert status == 0, said
        assert "imagehub_src/pyproject.toml" in said
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert site.untouched()


def test_without_a_control_node_nothing_changes(site: Site) -> None:
    """The exit code is that of a failed transfer, with a hint."""
    site.control.stop()
    status, said = site.deploy()
    assert status == 10
    assert "the transfer failed and nothing was changed; check the connection" in said
    assert site.untouched()


def test_a_connection_that_breaks_in_the_upload_changes_nothing(site: Site) -> None:
    """Half an archive stays a `.part`, and the next update goes through."""
    (site.workstation / "imagehub_src/src/imagehub/large.py").write_bytes(os.urandom(1 << 20))
    way = Cutter(site.control.port, limit=200_000)
    through(site, way)
    status, said = site.deploy()
    assert status == 10, said
    assert site.untouched()
    assert [path.suffix for path in site.cache.iterdir()] == [".part"]
    site.configure(ssh_port=site.control.port)
    assert site.deploy()[0] == 0


def through(site: Site, way: Cutter) -> None:
    """Let the workstation take this way."""
    known = site.control.known_host()
    (site.folder / "known_hosts").write_text(known + known.replace(f":{site.control.port} ", f":{way.port} "))
    site.configure(ssh_port=way.port)


def test_a_connection_that_breaks_in_the_playbook_does_not_end_it(site: Site) -> None:
    """The operator is told where to look, and finds there how it went."""
    hold = site.hold()
    way = Cutter(site.control.port)
    through(site, way)
    process = site.start("imagehub")
    assert process.stdout is not None
    assert "PLAY [Deploy imagehub]\n" in iter(process.stdout.readline, "")
    way.cut()
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 14
    assert f"{site.cache}/imagehub.log on the control node says whether the update went on" in said
    hold.write_text("go on")
    log = site.cache / "imagehub.log"
    until(lambda: "receive: the playbook succeeded\n" in log.read_text(), "the update to end")
    assert site.version() == '__version__ = "2.0"\n'


def test_a_truncated_archive_is_refused(site: Site) -> None:
    """The checksum of the workstation decides, whatever arrived."""
    _, said = site.deploy("imagehub", "--dry-run", "--keep-package")
    (kept,) = site.workstation.glob("imagehub-*.tar.gz")
    assert f"the archive is kept as {kept}" in said
    sha256 = kept.name.removeprefix("imagehub-").removesuffix(".tar.gz")
    (site.cache / kept.name).write_bytes(kept.read_bytes()[:-1])
    done = receive(site, site.cache / kept.name, sha256)
    assert done.returncode == 11
    assert "it is damaged; nothing was changed, send it again" in done.stdout
    assert site.untouched()
    (site.cache / kept.name).write_bytes(kept.read_bytes())
    assert receive(site, site.cache / kept.name, sha256).returncode == 0, "and whole it is taken"


def receive(site: Site, archive: Path, sha256: str) -> subprocess.CompletedProcess[str]:
    """Start receive.py on the control node, as deploy.py does."""
    script = site.project / "devops/scripts/sync/receive.py"
    command = [sys.executable, str(script), "--archive", str(archive), "--sha256", sha256, "--component", "imagehub"]
    command += ["--project", str(site.project), "--playbook", PLAYBOOK, "--path", "imagehub_src"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("failure", [2, 4, 250])
def test_a_playbook_that_fails_gives_its_status_and_the_former_code(site: Site, failure: int) -> None:
    """The next run does not deploy the code that failed; the archive is kept for a look."""
    (site.project / "status").write_text(str(failure))
    before = sorted(path.relative_to(site.project) for path in (site.project / "imagehub_src").rglob("*"))
    status, said = site.deploy()
    assert status == failure
    assert site.recorded()["code"] == '__version__ = "2.0"\n', "it did run with the new code"
    assert site.version() == '__version__ = "1.0"\n'
    assert sorted(path.relative_to(site.project) for path in (site.project / "imagehub_src").rglob("*")) == before
    assert f"receive: the playbook failed ({failure}); the project has its former code again (imagehub 1.0" in said
    assert [path.suffix for path in sorted(site.cache.iterdir())] == [".gz", ".log"]
    assert not (site.project / ".staging-imagehub_src").exists()


def test_two_at_once(site: Site) -> None:
    """The second is refused in a line that names the first, which it does not disturb."""
    hold = site.hold()
    first = site.start("imagehub")
    assert first.stdout is not None
    assert "PLAY [Deploy imagehub]\n" in iter(first.stdout.readline, "")
    status, said = site.deploy()
    assert status == 12, said
    assert "another update is running (imagehub, process " in said
    assert "nothing was changed, try again when it has ended" in said
    hold.write_text("go on")
    assert first.communicate(timeout=60)[0].endswith("imagehub: updated\n")


def test_a_target_reaches_the_playbook(site: Site) -> None:
    """So do an inventory and all components at once."""
    site.configure(inventory="inventory/site.yaml")
    status, said = site.deploy("--all", "--target", "data1")
    assert status == 0, said
    assert f"by {PLAYBOOK}, tags deploy, data1" in said
    words = [OTHER_PLAYBOOK, "--tags", "deploy", "--limit", "data1", "--inventory", "inventory/site.yaml"]
    assert site.recorded()["words"] == words


def test_a_missing_file_and_an_unknown_key_send_nothing(site: Site) -> None:
    """Both are told before anything is connected to."""
    (site.workstation / "imagehub_src/pyproject.toml").unlink()
    status, said = site.deploy()
    assert status == 2
    assert "the required file imagehub_src/pyproject.toml is not in" in said
    site.configure(control_hots="x")
    status, said = site.deploy()
    assert status == 2
    assert "deployment.control_hots: unknown key; did you mean control_host?" in said
    assert site.untouched()


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"python": "python-that-is-not-there"}, "no python-that-is-not-there on the control node"),
        ({"receive_script": "/none/receive.py"}, "no /none/receive.py on the control node"),
    ],
)
def test_what_the_control_node_lacks_is_told(site: Site, change: dict[str, str], hint: str) -> None:
    """With an exit code that is none of the playbook's."""
    site.configure(**change)
    status, said = site.deploy()
    assert status == 13, said
    assert hint in said
    assert site.untouched()


@pytest.mark.parametrize(
    ("gone", "hint"),
    [(".venv/bin/ansible-playbook", "run ./run control"), (PLAYBOOK, f"no {PLAYBOOK} in ")],
)
def test_a_project_that_can_not_be_played_is_left_alone(site: Site, gone: str, hint: str) -> None:
    """Without Ansible or the playbook no code is changed."""
    found = shutil.which("ansible-playbook", path="/usr/local/bin:/usr/bin:/bin")
    require(gone == PLAYBOOK or found is None, f"a control node without an Ansible of its own, here is {found}")
    (site.project / gone).unlink()
    status, said = site.deploy()
    assert status == 13, said
    assert hint in said
    assert site.untouched()


def test_an_update_that_is_ended_puts_the_former_code_back(site: Site) -> None:
    """A signal to receive.py ends the playbook, and the project is as before."""
    site.hold()
    process = site.start("imagehub")
    assert process.stdout is not None
    assert "PLAY [Deploy imagehub]\n" in iter(process.stdout.readline, "")
    words = (site.project / ".receive.lock").read_text().split()
    os.kill(int(words[words.index("process") + 1].rstrip(",")), 15)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 13, said
    assert "ended by a signal" in said
    assert site.version() == '__version__ = "1.0"\n'
