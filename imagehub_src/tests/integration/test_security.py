"""Who may send: by address, by name and by key; and that the hub keeps its secret."""

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq
import zmq.auth

from imagehub.sender import CurveKeys, NoAnswerError, Sender
from running import DEADLINE_SECONDS, JPEG, Node, RunningHub, running_hub, until

SILENCE_SECONDS = 1.0
WARNING = "anyone who reaches"


def answer(hub: RunningHub, source: str, seconds: float) -> bytes | None:
    """Send an image from a loopback address and return the reply; None where none comes in time."""
    sender: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.REQ)
    with sender:
        sender.linger = 0
        sender.connect(f"tcp://{source}:0;127.0.0.1:{hub.port}")
        sender.send_multipart([json.dumps({"msg": "Barn P1|jpg|"}).encode(), JPEG])
        return sender.recv() if sender.poll(int(seconds * 1000)) else None


@pytest.mark.parametrize("listed", ["127.0.0.2", "127.0.0.2/31"])
def test_only_listed_addresses_are_answered(tmp_path: Path, listed: str) -> None:
    """A sender from an address of `allow_addresses` is stored; one from another gets silence, and nothing in."""
    with running_hub(tmp_path, allow_addresses=[listed]) as hub:
        assert answer(hub, "127.0.0.5", SILENCE_SECONDS) is None
        assert hub.images() == []
        assert answer(hub, "127.0.0.2", DEADLINE_SECONDS) == b"OK"
        assert len(hub.images()) == 1


def test_only_listed_nodes_are_stored(tmp_path: Path) -> None:
    """With `allow_nodes` others get the reason, for images, events and heartbeats; a test image gets its OK."""
    reason = "NOT STORED the node is not on the hub's list allow_nodes"
    with running_hub(tmp_path, allow_nodes=["Barn", "Porch*", "Garage P1"]) as hub, Node(hub.endpoint) as node:
        for name in ("Barn P1", "Barn", "Porch2 P7", "Garage P1"):
            assert node.send(f"{name}|jpg|") == "OK"
        for text in ("Garage P2|jpg|", "barn P1|jpg|", "BackBarn|motion|moving", "Shed|Heartbeat|"):
            assert node.send(text) == reason
        assert node.send("a test image") == "OK"
        assert {row["node"] for row in hub.status()["nodes"] if row["images_today"]} == {"Barn", "Porch2", "Garage"}
    assert len(hub.images()) == len(hub.journal()) == 4


def make_keys(folder: Path, name: str) -> None:
    """Make a pair of keys as a person does."""
    command = [sys.executable, "-m", "imagehub", "keys", "new", name, "--directory", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=DEADLINE_SECONDS)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder with the hub's keys and Barn's, and beside it one with keys that the hub does not know."""
    for folder, name in (("keys", "hub"), ("keys", "Barn"), ("strange", "Stranger")):
        make_keys(tmp_path / folder, name)
    return tmp_path / "keys"


@pytest.fixture
def hub(tmp_path: Path, keys: Path) -> Iterator[RunningHub]:
    """A hub that asks for keys, and says as much as it can."""
    with running_hub(
        tmp_path, None, curve_keys_directory=str(keys), print_settings=True, log_level="debug"
    ) as hub:  # fmt: skip
        yield hub


def send_with(hub: RunningHub, keys: CurveKeys | None, seconds: float) -> str | None:
    """Send an image with these keys and return the reply; None where none comes in time."""
    with Sender([hub.endpoint], give_up_seconds=seconds, keys=keys) as sender:
        try:
            return sender.send_jpg("Barn P1|jpg|", JPEG)
        except NoAnswerError:
            return None


def test_a_listed_key_stores(hub: RunningHub, keys: Path) -> None:
    """A sender with the hub's public key and a pair of its own that the hub knows is stored."""
    known = CurveKeys.load(keys / "hub.key", keys / "Barn.key_secret")
    assert send_with(hub, known, DEADLINE_SECONDS) == "OK"
    assert len(hub.images()) == 1


def test_without_a_listed_key_nothing_gets_in(hub: RunningHub, keys: Path) -> None:
    """An unlisted key, no key, or a wrong idea of the hub's key: silence, and nothing is stored or counted."""
    unlisted = CurveKeys.load(keys / "hub.key", keys.parent / "strange" / "Stranger.key_secret")
    mistaken = CurveKeys.load(keys / "Barn.key", keys / "Barn.key_secret")
    for wrong in (unlisted, None, mistaken):
        assert send_with(hub, wrong, SILENCE_SECONDS) is None
    status = hub.status()
    assert (hub.images(), hub.journal(), status["nodes"], status["today"]["refused"]) == ([], [], [], 0)


def test_a_listed_key_from_an_address_that_is_not_stays_out(tmp_path: Path, keys: Path) -> None:
    """Key and address both have to be right."""
    known = CurveKeys.load(keys / "hub.key", keys / "Barn.key_secret")
    with running_hub(tmp_path, None, curve_keys_directory=str(keys), allow_addresses=["127.0.0.9"]) as hub:
        assert send_with(hub, known, SILENCE_SECONDS) is None
    assert hub.images() == []


def test_keys_come_and_go_with_a_reload(hub: RunningHub, keys: Path) -> None:
    """A key whose file is put into the folder is admitted after a reload; one whose file is deleted is not."""
    stranger = keys.parent / "strange" / "Stranger.key"
    newcomer = CurveKeys.load(keys / "hub.key", stranger.with_suffix(".key_secret"))
    (keys / "Stranger.key").write_bytes(stranger.read_bytes())
    reload(hub)
    assert send_with(hub, newcomer, DEADLINE_SECONDS) == "OK"
    (keys / "Stranger.key").unlink()
    reload(hub)
    assert send_with(hub, newcomer, SILENCE_SECONDS) is None
    assert len(hub.images()) == 1


def reload(hub: RunningHub) -> None:
    """Tell the main process to read settings and keys again, and wait until that is in force."""
    assert hub.process is not None
    before = hub.output().count("listening on")
    hub.process.send_signal(1)
    until(lambda: hub.output().count("listening on") > before, "the door to be opened anew")


def test_the_secret_key_is_told_nowhere(hub: RunningHub, keys: Path) -> None:
    """Neither status, log, event log, printed settings nor command lines have the hub's secret key."""
    _, secret = zmq.auth.load_certificate(keys / "hub.key_secret")
    assert secret is not None
    known = CurveKeys.load(keys / "hub.key", keys / "Barn.key_secret")
    assert send_with(hub, known, DEADLINE_SECONDS) == "OK"
    reload(hub)
    assert hub.process is not None
    assert "curve_keys_directory" in hub.output()
    store = hub.status()["pid"]
    told = [hub.output(), json.dumps(hub.status())]
    told += [path.read_text() for path in hub.data.rglob("*") if path.is_file() and path.suffix != ".jpg"]
    told += [
        Path(f"/proc/{pid}/{name}").read_text() for pid in (store, hub.process.pid) for name in ("cmdline", "environ")
    ]
    assert [text for text in told if secret.decode() in text] == []


def test_the_secret_key_is_in_no_error(tmp_path: Path, keys: Path) -> None:
    """A damaged key file ends the start with the file's name, and without what is in it."""
    path = keys / "hub.key_secret"
    _, secret = zmq.auth.load_certificate(path)
    assert secret is not None
    path.write_text(path.read_text().replace(secret.decode(), secret.decode()[:-1]))
    hub = RunningHub(tmp_path, None, curve_keys_directory=str(keys))
    hub.process = hub.spawn()
    assert hub.process.wait(DEADLINE_SECONDS) == 1
    assert str(path) in hub.output()
    assert secret.decode()[:-1] not in hub.output()


def test_key_files_are_their_owners(keys: Path) -> None:
    """Key files can be read by their owner alone, and so can the folder that was made for them."""
    files = sorted(keys.iterdir())
    assert [path.name for path in files] == ["Barn.key", "Barn.key_secret", "hub.key", "hub.key_secret"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700


def test_an_open_door_is_warned_of(tmp_path: Path) -> None:
    """A hub that listens everywhere without list or keys says in its log what that means and what helps."""
    with running_hub(tmp_path, bind_address="*") as hub:
        (warning,) = [line for line in hub.output().splitlines() if WARNING in line]
    assert "WARNING" in warning
    assert all(name in warning for name in ("hub.bind_address", "hub.allow_addresses", "hub.curve_keys_directory"))


@pytest.mark.parametrize("measure", ["bind_address", "allow_addresses", "curve_keys_directory"])
def test_a_door_that_is_not_open_is_not_warned_of(tmp_path: Path, keys: Path, measure: str) -> None:
    """With any of the measures that the warning names there is no warning."""
    measures = {"bind_address": "127.0.0.1", "allow_addresses": ["127.0.0.1"], "curve_keys_directory": str(keys)}
    with running_hub(tmp_path, None, **{"bind_address": "*", measure: measures[measure]}) as hub:
        assert WARNING not in hub.output()
