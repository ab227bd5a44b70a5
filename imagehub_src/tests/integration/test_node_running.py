"""`imagenode run` as a process: what its camera sees gets to stock hubs and to ours, whatever happens to either."""

import signal
import socket
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import cv2
import imagezmq
import numpy as np
import pytest

from colonies import write_settings
from imagehub.colony import Conductor
from imagehub.node.cameras.painted import read_strip
from running import free_port, running_hub, until
from running_nodes import MOTION, SCENE, RunningNode, StockHub, running_node


def pictured(jpeg: bytes) -> tuple[int, int]:
    """Return the frame number and the time in nanoseconds that the synthetic scene painted into a JPEG."""
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    found = read_strip(np.asarray(pixels, np.uint8))
    assert found is not None
    return found


def test_a_stock_hub_gets_restart_motion_images_and_heartbeats(tmp_path: Path) -> None:
    """A change's event comes with its last images in their order; SIGTERM ends it all in order."""
    with StockHub(free_port()) as hub, running_node(tmp_path, hub.endpoint, node={"heartbeat": 0.02}) as node:
        hub.gets("Barn|Heartbeat")
        hub.gets("Barn Yard|motion|moving")
        hub.gets("Barn Yard|jpg", 3)
        document = until(lambda: (found := node.status()) and found["delivery"]["sent"] > 5 and found, "its counts")
        begun = time.monotonic()
        assert node.stop() == 0
        assert time.monotonic() - begun < 5
    assert hub.texts()[0].startswith("Barn|Restart|")
    at = hub.texts().index("Barn Yard|motion|moving")
    assert hub.texts()[at + 1 : at + 4] == ["Barn Yard|jpg"] * 3
    numbers = [pictured(body)[0] for _, body in hub.got[at + 1 : at + 4]]
    assert all(later == earlier + 1 for earlier, later in pairwise(numbers))
    (camera,) = document["cameras"]
    assert (camera["name"], camera["resolution"], camera["fault"]) == ("Barn Yard", [320, 240], None)
    assert document["delivery"]["answering"]


def test_our_hub_stores_images_and_events(tmp_path: Path) -> None:
    """Each stands in the journal, and each image is the JPEG that shows what the camera saw."""
    with running_hub(tmp_path / "hub") as hub:
        with running_node(tmp_path / "node", hub.endpoint, cameras={"W1": SCENE}) as node:
            until(lambda: len(hub.images()) >= 5, "five images")
            assert node.stop() == 0
        kinds = [entry["text"].partition("|")[2].partition("|")[0] for entry in hub.journal()]
        numbers = [pictured(path.read_bytes())[0] for path in hub.images()]
    assert kinds[0] == "Restart"
    assert set(kinds[1:]) == {"jpg"}
    assert len(set(numbers)) == len(numbers) >= 5


def test_what_happens_while_the_hub_is_away_gets_there(tmp_path: Path) -> None:
    """Through an end and another start of the node, in the order in which it happened."""
    port = free_port()
    node = RunningNode(tmp_path, f"tcp://127.0.0.1:{port}")
    for _ in range(2):
        node.start()
        until(lambda: (found := node.status()) and found["cameras"][0]["frames"] > 10, "some frames")
        begun = time.monotonic()
        assert node.stop() == 0
        assert time.monotonic() - begun < 6
    with StockHub(port) as hub, running_node(tmp_path, hub.endpoint):
        until(lambda: sum("Restart" in text for text in hub.texts()) == 3, "the word of three starts")
        until(lambda: hub.texts().count("Barn Yard|motion|moving") >= 3, "the motion of three lives")
    times = [pictured(body)[1] for text, body in hub.got if text == "Barn Yard|jpg"]
    assert len(times) >= 9
    restarts = [at for at, text in enumerate(hub.texts()) if "Restart" in text]
    first = [pictured(body)[1] for text, body in hub.got[: restarts[1]] if text == "Barn Yard|jpg"]
    assert first
    assert max(first) < min(pictured(body)[1] for text, body in hub.got[restarts[1] :] if text == "Barn Yard|jpg")


def test_commands_come_back_as_replies(tmp_path: Path) -> None:
    """The node obeys them and says so; the resolution is that of the images that follow."""
    replies = ["SendFrames 2", "SetResolution (160,120) Yard", "SendFrames none"]

    def answer(_: str) -> str:
        return replies.pop(0) if replies else "OK"

    cameras = {"W1": SCENE | {"send_frames": "none"}}
    with StockHub(free_port(), answer) as hub, running_node(tmp_path, hub.endpoint, cameras=cameras) as node:
        hub.gets("Barn|Command|obeyed SendFrames 2")
        hub.gets("Barn Yard|jpg", 2)
        hub.gets("Barn|Command|obeyed SetResolution (160,120) Yard")
        until(lambda: any("Command|refused SendFrames none: expected" in text for text in hub.texts()), "the refusal")
        until(lambda: (found := node.status()) and found["cameras"][0]["resolution"] == [160, 120], "the resolution")
        assert hub.texts().count("Barn Yard|jpg") == 2


def test_sighup_reads_the_settings_again(tmp_path: Path) -> None:
    """Faults are told, and nothing changes; then what the file says holds, without a new start."""
    with StockHub(free_port()) as hub, running_node(tmp_path, hub.endpoint) as node:
        node.configure(cameras={"W1": SCENE | {"framerate": -1}})
        node.signal(signal.SIGHUP)
        until(lambda: any("cameras.W1.framerate: expected number" in text for text in hub.texts()), "the fault")
        node.configure(cameras={"W1": SCENE | {"viewname": "Gate"}})
        node.signal(signal.SIGHUP)
        hub.gets("Barn|Command|obeyed ReloadYaml")
        hub.gets("Barn Gate|jpg", 2)
        assert sum("Restart" in text for text in hub.texts()) == 1


def test_viewers_watch_live(tmp_path: Path) -> None:
    """A stock viewer sees images of a camera that sends the hub none."""
    port = free_port()
    seen: list[tuple[str, bytes]] = []
    cameras = {"W1": SCENE | {"detectors": {"motion": MOTION["motion"] | {"send_frames": "none"}}}}
    with (
        StockHub(free_port()) as hub,
        running_node(tmp_path, hub.endpoint, node={"publish_port": port}, cameras=cameras),
        imagezmq.ImageHub(f"tcp://127.0.0.1:{port}", REQ_REP=False) as viewer,
    ):
        watching = threading.Thread(target=lambda: seen.extend(viewer.recv_jpg() for _ in range(3)), daemon=True)
        watching.start()
        watching.join(20)
        hub.gets("Barn Yard|motion|moving")
        assert "Barn Yard|jpg" not in hub.texts()
    assert [text for text, _ in seen] == ["Barn Yard|jpg"] * 3
    numbers = [pictured(bytes(body))[0] for _, body in seen]
    assert numbers == sorted(set(numbers))


def test_a_camera_that_is_lost_and_back_is_told(tmp_path: Path) -> None:
    """The node goes on meanwhile, with its other camera."""
    cameras = {
        "W1": SCENE | {"send_frames": "none", "src": "synthetic:seed=1"},
        "W2": SCENE | {"send_frames": "none", "viewname": "Gate", "src": "synthetic:fail_after=5"},
    }
    with StockHub(free_port()) as hub, running_node(tmp_path, hub.endpoint, cameras=cameras):
        hub.gets("Barn Gate|camera|lost")
        hub.gets("Barn Gate|camera|back")
        assert "Barn Yard|camera|lost" not in hub.texts()


def test_systemd_is_told_that_it_is_ready_well_and_ends(tmp_path: Path) -> None:
    """Once a second while its loops go on."""
    with StockHub(free_port()) as hub, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        node = RunningNode(tmp_path, hub.endpoint)
        node.start(NOTIFY_SOCKET=str(tmp_path / "notify"))
        try:
            assert [manager.recv(100).decode() for _ in range(3)] == ["READY=1", "WATCHDOG=1", "WATCHDOG=1"]
        finally:
            assert node.stop() == 0
        assert "STOPPING=1" in iter(lambda: manager.recv(100).decode(), "")


def test_an_agent_records_with_a_camera_that_the_node_goes_on_looking_at(tmp_path: Path) -> None:
    """In the recording's mode; afterwards the camera is as it was, and the node's images went on meanwhile."""
    port = free_port()
    recordings = {"R1": {"name": "left", "camera": "W1", "port": port, "bind_address": "127.0.0.1"}}
    camera = {"W1": SCENE | {"detectors": {"motion": {"send_frames": "continuous"}}}}
    sections = {"cameras": camera, "recordings": recordings}
    path = write_settings(tmp_path, {"left": port}, {"framerate": 20, "resolution": (160, 120)}, {})
    with (
        StockHub(free_port()) as hub,
        running_node(tmp_path / "node", hub.endpoint, **sections) as node,
        Conductor(path) as conductor,
    ):
        hub.gets("Barn Yard|jpg")
        conductor.start_acquisition()
        session = conductor.session
        assert session is not None
        until(lambda: all(each.figures["frames"] >= 20 for each in session.good()), "20 frames")
        until(lambda: _looks(node, [160, 120], lent=True), "the recording's resolution in the node's own images")
        sent = len(hub.got)
        until(lambda: len(hub.got) > sent + 3, "images of the node beside the recording")
        node.signal(signal.SIGHUP)
        hub.gets("Barn|Command|refused ReloadYaml: a recording is under way")
        outcome = conductor.stop_acquisition()
        until(lambda: _looks(node, [320, 240], lent=False), "the camera as it was")
    assert outcome is not None
    assert outcome.passed is True, outcome.text
    assert any(name.name.endswith("video.h264.mp4") for name in outcome.files["left"])


def _looks(node: RunningNode, resolution: list[int], lent: bool) -> bool:
    document = node.status()
    camera = document["cameras"][0] if document else {}
    return bool(camera) and (camera["resolution"], camera["lent"]) == (resolution, lent)


HANGING = """
import sys, threading
from imagehub.node import cli, stall
from imagehub.node.cameras.synthetic import SyntheticCamera

stall.LEAST_PATIENCE_SECONDS = 0.5
read = SyntheticCamera.read

def hang(camera, timeout_seconds):
    frame = read(camera, timeout_seconds)
    if frame is not None and frame.number > 5:
        threading.Event().wait()
    return frame

SyntheticCamera.read = hang
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("watched", [True, False])
def test_a_driver_that_hangs_ends_the_node_where_it_is_watched(tmp_path: Path, watched: bool) -> None:
    """With exit code 1, so that systemd starts it again; else the log says it, and SIGTERM still ends the node."""
    with StockHub(free_port()) as hub:
        node = RunningNode(tmp_path, hub.endpoint, node={"stall_watcher": watched, "patience": 0.5})
        command = [sys.executable, "-c", HANGING, "run", "--path", str(tmp_path)]
        with node.log.open("ab") as log:
            node.process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            until(lambda: "camera W1 has stalled: nothing for" in node.output(), "the stall")
            if watched:
                assert node.process.wait(20) == 1
        finally:
            code = node.stop()
    assert code == (1 if watched else 0)
