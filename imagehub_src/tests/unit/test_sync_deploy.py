"""A workstation sends what the configuration names, the same bytes each time, and says all that is wrong at once."""

import gzip
import importlib
import io
import os
import shlex
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

SYNC = Path(__file__).parents[3] / "devops" / "scripts" / "sync"
sys.path.append(str(SYNC))
config: Any = importlib.import_module("sync_config")
packages: Any = importlib.import_module("sync_package")
transfer: Any = importlib.import_module("sync_transfer")
deploy: Any = importlib.import_module("deploy")

DEPLOYMENT: dict[str, Any] = {
    "control_user": "ops",
    "control_host": "control.example",
    "transfer_cache": "~/cache",
    "project_path": "~/project",
    "include_extensions": [".py", ".toml"],
    "exclude_patterns": [".*", "__pycache__"],
}
COMPONENT: dict[str, Any] = {
    "name": "hub",
    "description": "the hub",
    "paths": ["hub"],
    "required_files": ["hub/LICENSE", "hub/src/__init__.py"],
    "exclude_patterns": ["hub/tests"],
    "playbook": "playbooks/hub.yaml",
}


def written(folder: Path, deployment: dict[str, Any] | None = None, **component: Any) -> Path:
    """Return a configuration file with these values changed; None takes one out."""
    parts = (DEPLOYMENT | (deployment or {}), COMPONENT | component)
    first, second = ({name: value for name, value in part.items() if value is not None} for part in parts)
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump({"deployment": first, "components": [second]}, sort_keys=False))
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with a component `hub` in it, and much that is not to be sent."""
    files = ["LICENSE", "pyproject.toml", "src/__init__.py", "src/b.py", "src/é.py", "src/data.bin", "src/.secret.py"]
    for name in [*files, "src/__pycache__/x.py", "tests/test_b.py", ".venv/lib/z.py"]:
        path = tmp_path / "project" / "hub" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")
    return tmp_path / "project"


def package(project: Path, deployment: dict[str, Any] | None = None, **component: Any) -> Any:
    """Pack the component with these values changed."""
    loaded = config.load(written(project, deployment, **component))
    return packages.make(project, loaded.components["hub"], loaded.deployment)


def faults(caught: pytest.ExceptionInfo[Any]) -> str:
    """Return all faults."""
    return "\n".join(caught.value.faults)


def test_the_shipped_configuration_sends_the_hub() -> None:
    """It is sound, and holds what builds the package, and none of its tests."""
    loaded = config.load(SYNC / "deployment-config.yaml")
    sent = packages.make(SYNC.parents[2], loaded.components["imagehub"], loaded.deployment)
    assert {"imagehub_src/pyproject.toml", "imagehub_src/src/imagehub/py.typed", "imagehub_src/LICENSE"} < set(
        sent.files
    )
    assert "imagehub_src/requirements/demo.txt" in sent.files
    assert not [name for name in sent.files if name.startswith(("imagehub_src/tests", "imagehub_src/benchmarks"))]
    assert not [name for name in sent.files if "/." in name or "__pycache__" in name]
    assert [name for name in sent.other_extension if "/src/" in name] == []


def test_what_is_sent(project: Path) -> None:
    """Files with a named extension and the required ones; a file left out for its extension is told."""
    sent = package(project)
    names = ["hub/LICENSE", "hub/pyproject.toml", "hub/src/__init__.py", "hub/src/b.py", "hub/src/é.py"]
    assert sorted(sent.files) == names
    assert sent.other_extension == ("hub/src/data.bin",)
    with tarfile.open(fileobj=io.BytesIO(sent.archive)) as archive:
        assert archive.getnames() == names
        assert {(m.uid, m.gid, m.uname, m.gname, m.mtime, m.mode) for m in archive} == {(0, 0, "", "", 0, 0o644)}


def test_the_same_files_make_the_same_bytes(project: Path) -> None:
    """Times, modes and the order of a folder make no difference; a changed byte does."""
    first = package(project)
    for path in (project / "hub").rglob("*.py"):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
        path.chmod(0o755)
        os.utime(path, (1, 1))
    assert package(project).archive == first.archive
    assert first.archive[4:8] == bytes(4), "no time in the gzip header"
    (project / "hub" / "src" / "b.py").write_text("other")
    assert package(project).sha256 != first.sha256


def test_a_link_inside_the_component_is_sent_as_the_file_it_leads_to(project: Path) -> None:
    """The archive holds no links."""
    (project / "hub" / "src" / "c.py").symlink_to("b.py")
    assert package(project).files["hub/src/c.py"] == b"# src/b.py\n"


@pytest.mark.parametrize("target", ["../../secret.py", "/etc", ".", "gone.py"])
def test_a_link_that_leads_elsewhere_is_a_fault(project: Path, target: str) -> None:
    """Nothing out of the component is sent, not even out of the same project."""
    (project / "secret.py").touch()
    (project / "hub" / "src" / "c.py").symlink_to(target)
    with pytest.raises(config.SyncError) as caught:
        package(project)
    assert "component hub: hub/src/c.py is a link to " in faults(caught)
    assert packages.make(project, *reversed_pair(written(project, exclude_patterns=["c.py"]))).files, (
        "it may be excluded"
    )


def reversed_pair(path: Path) -> tuple[Any, Any]:
    """Return the component and the deployment of a configuration."""
    loaded = config.load(path)
    return loaded.components["hub"], loaded.deployment


def test_missing_files_are_faults_and_all_are_told(project: Path) -> None:
    """A required file may be missing, or be left out by the configuration: the mending differs."""
    with pytest.raises(config.SyncError) as caught:
        package(project, required_files=["hub/gone.py", "hub/tests/test_b.py"], paths=["hub", "nowhere"])
    assert f"the required file hub/gone.py is not in {project}; restore it" in faults(caught)
    assert "the required file hub/tests/test_b.py is left out by paths or exclude_patterns" in faults(caught)
    assert f"nowhere is not in {project}" in faults(caught)


@pytest.mark.parametrize(
    ("deployment", "component", "fault"),
    [
        ({"control_hots": "x"}, {}, "config.yaml:12: deployment.control_hots: unknown key; did you mean control_host?"),
        ({"control_user": None}, {}, "deployment.control_user: missing; add a line 'control_user: ...'"),
        ({"control_user": "-oProxyCommand=x"}, {}, "deployment.control_user: expected a user name"),
        ({"control_host": "-x"}, {}, "deployment.control_host: expected a host name"),
        ({"control_host": "a b"}, {}, "deployment.control_host: expected a host name"),
        ({"ssh_port": "22"}, {}, "deployment.ssh_port: expected a port from 1 to 65535, got '22'"),
        ({"ssh_port": True}, {}, "deployment.ssh_port: expected a port"),
        ({"bastion_host": "b", "bastion_port": 70000}, {}, "deployment.bastion_port: expected a port"),
        ({"bastion_user": "jump"}, {}, "deployment.bastion_host: missing; add it, or take bastion_user"),
        ({"transfer_cache": "cache"}, {}, "deployment.transfer_cache: expected a folder that starts with ~/ or /"),
        ({"transfer_cache": "~/a b"}, {}, "deployment.transfer_cache: expected a folder"),
        ({"project_path": "~root/x"}, {}, "deployment.project_path: expected a folder that starts with ~/ or /"),
        ({"include_extensions": ".py"}, {}, "deployment.include_extensions: expected a list of extensions"),
        (
            {"include_extensions": ["py"]},
            {},
            "deployment.include_extensions[0]: expected extensions like .py, got 'py'",
        ),
        ({}, {"playbook": None}, "components[0].playbook: missing"),
        ({}, {"playbook": "--version"}, "components[0].playbook: expected a path in the project"),
        ({}, {"paths": ["../other"]}, "components[0].paths[0]: expected paths in the project"),
        ({}, {"paths": ["/etc"]}, "components[0].paths[0]: expected paths in the project"),
        ({}, {"paths": ["C:/x"]}, "components[0].paths[0]: expected paths in the project"),
        ({}, {"paths": []}, "components[0].paths: expected a list"),
        ({}, {"paths": ["hub", "hub/src"]}, "components[0].paths: hub/src/ lies in hub/"),
        ({}, {"name": "a; reboot"}, "components[0].name: expected letters"),
        ({}, {"tags": "deploy --extra-vars"}, "components[0].tags: expected tags"),
        ({}, {"description": ["x"]}, "components[0].description: expected a line of text, got ['x']"),
    ],
)
def test_a_fault_says_what_and_where(
    tmp_path: Path, deployment: dict[str, Any], component: dict[str, Any], fault: str
) -> None:
    """Each fault has the line, the key and what is expected there."""
    with pytest.raises(config.SyncError) as caught:
        config.load(written(tmp_path, deployment, **component))
    assert fault in faults(caught)
    assert len(caught.value.faults) == 1


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "the file: expected lines 'name: value'"),
        ("a: [", "not YAML"),
        ("deployment:\ncomponents:\n", "config.yaml:2: components: expected a list of components"),
        ("deployment: {}\ndeployment: {}\n", "config.yaml:2: deployment: given a second time"),
        ("deployment: {python: !!python/name:os.system x}\n", "deployment.python: expected a command"),
    ],
)
def test_a_text_that_is_no_configuration_is_a_fault(tmp_path: Path, text: str, fault: str) -> None:
    """It ends in no other error."""
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(config.SyncError) as caught:
        config.load(tmp_path / "config.yaml")
    assert fault in faults(caught)


def test_all_faults_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Top to bottom, each on a line, with exit code 2."""
    path = written(tmp_path, {"control_user": 7, "shh_port": 1}, name=None, colour="red")
    assert deploy.main(["hub", "--config", str(path)]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert [line.partition(": expected")[0].partition("; ")[0] for line in errors] == [
        "deploy: config.yaml:2: deployment.control_user",
        "deploy: config.yaml:12: deployment.shh_port: unknown key",
        "deploy: config.yaml:14: components[0].name: missing",
        "deploy: config.yaml:23: components[0].colour: unknown key",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["hib"], "unknown component 'hib' in {path}; did you mean hub?"),
        (["camera"], "unknown component 'camera' in {path}; there are: hub"),
        ([], "name one component, or give --all; there are: hub"),
        (["hub", "--all"], "name one component, or give --all"),
    ],
)
def test_a_component_must_be_known(
    tmp_path: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What there is stands in the error."""
    path = written(tmp_path)
    assert deploy.main([*words, "--config", str(path)]) == 2
    assert said.format(path=path) in capsys.readouterr().err


def test_the_components_can_be_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Name and description, a line each."""
    assert deploy.main(["--list", "--config", str(written(tmp_path))]) == 0
    assert capsys.readouterr().out == "hub  the hub\n"


@pytest.mark.parametrize("host", ["--extra-vars=x", "@/etc/passwd", "all:!data1", "a b", ""])
def test_a_target_is_the_name_of_one_host(host: str) -> None:
    """Nothing that Ansible or a shell would take for more."""
    with pytest.raises(SystemExit) as caught:
        deploy.main(["hub", f"--target={host}"])
    assert caught.value.code == 2


@pytest.mark.parametrize(
    "word", ["plain", "it's", "a b", "$(reboot)", "`x`", ";x", "*", "~", "~root/x", 'q"q', "-n", "\\", "!h"]
)
def test_a_remote_word_stays_one_word(word: str) -> None:
    """A shell makes of it what it was, and ~/ is the home folder."""
    for text, wanted in ((word, word), (f"~/{word}", f"/home/ops/{word}")):
        printed = subprocess.run(
            ["sh", "-c", f"printf %s {transfer.remote_word(text)}"], env={"HOME": "/home/ops"}, capture_output=True,
            text=True, check=True,
        )  # fmt: skip
        assert printed.stdout == wanted


def test_a_project_with_a_strange_name_is_only_a_name(project: Path) -> None:
    """The whole remote command is one sh -c, whose words are those of the configuration."""
    loaded = config.load(written(project, {"project_path": "/srv/it's; reboot", "inventory": "inventory/$HOME.yaml"}))
    sent = packages.make(project, loaded.components["hub"], loaded.deployment)
    remote = transfer.ssh_command(loaded, sent, "data1")[-1]
    shell, option, script = shlex.split(remote)
    assert (shell, option) == ("sh", "-c")
    words = shlex.split(script)
    assert words[words.index("--project") + 1] == "/srv/it's; reboot"
    assert words[words.index("--inventory") + 1] == "inventory/$HOME.yaml"
    assert words[words.index("--limit") + 1] == "data1"


def test_ssh_and_scp_go_the_same_way(project: Path) -> None:
    """Ports, keys and the jump host hold for both, and an IPv6 address is written as each wants it."""
    loaded = config.load(
        written(
            project,
            {"control_host": "2001:db8::7", "ssh_port": 2222, "identity_file": "key", "bastion_host": "b.example",
             "bastion_user": "jump", "bastion_port": 2200},
        )
    )  # fmt: skip
    sent = packages.make(project, loaded.components["hub"], loaded.deployment)
    scp, ssh = transfer.scp_command(loaded, sent), transfer.ssh_command(loaded, sent, None)
    for command in (scp, ssh):
        assert command[command.index("-J") + 1] == "jump@b.example:2200"
        assert command[command.index("-i") + 1] == str(project / "key")
    assert scp[scp.index("-P") + 1] == ssh[ssh.index("-p") + 1] == "2222"
    assert scp[-1] == f"ops@[2001:db8::7]:cache/{sent.file_name}.part"
    assert ssh[-2] == "ops@2001:db8::7"


def test_a_dry_run_says_what_would_be_sent(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each file with its size, the sum, the checksum, the place; and the archive stays here if asked for."""
    monkeypatch.setattr(deploy, "PROJECT", project)
    monkeypatch.setattr(deploy.subprocess, "run", lambda *_, **__: pytest.fail("a dry run starts no program"))
    monkeypatch.chdir(tmp_path)
    assert deploy.main(["--all", "--dry-run", "--keep-package", "--config", str(written(project))]) == 0
    said = capsys.readouterr().out
    sent = package(project)
    assert f"hub: 5 files, {sum(map(len, sent.files.values()))} bytes" in said
    assert f"{len(sent.files['hub/src/b.py']):>10}  hub/src/b.py" in said
    assert f"sha256 {sent.sha256}" in said
    assert f"as ~/cache/hub-{sent.sha256}.tar.gz" in said
    assert "nothing was sent" in said
    assert gzip.decompress((tmp_path / sent.file_name).read_bytes()) == gzip.decompress(sent.archive)


def test_without_ssh_it_says_what_to_install(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A workstation without the OpenSSH client gets a hint, and the exit code of a failed transfer."""
    monkeypatch.setattr(deploy, "PROJECT", project)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert deploy.main(["hub", "--config", str(written(project))]) == 10
    assert "no program scp here; install the OpenSSH client" in capsys.readouterr().err
