"""A node starts, obeys, reads its settings again and ends in order; a fault changes nothing that works."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from fake_nodes import Box, Delivered, Surroundings, frame
from imagehub.errors import ImagehubError
from imagehub.node import status
from imagehub.node.cameras.camera import Mode
from imagehub.node.running import Node, Wish
from imagehub.node.settings import reading
from imagehub.status import Document
from running import until

YAML = """\
node: {name: Barn, heartbeat: 1}
hub_address: {H1: 'tcp://hub:5555'}
cameras: {P1: {viewname: Yard, send_frames: none}, W1: {viewname: Gate, send_frames: none}}
"""


@pytest.fixture(autouse=True)
def _same_log_level() -> Iterator[None]:
    """Give other tests the log as they expect it."""
    logger = logging.getLogger("imagehub")
    level = logger.level
    yield
    logger.setLevel(level)


class Life:
    """A node that runs in a thread, with fakes around it."""

    def __init__(self, folder: Path, text: str = YAML) -> None:
        self.path = folder / "imagenode.yaml"
        self.path.write_text(text)
        self.around = Surroundings()
        self.node = Node(reading.load(self.path), self.path, self.around.world())
        self.thread = threading.Thread(target=self.node.run, daemon=True)

    @property
    def said(self) -> Box:
        """What the office in use has got."""
        return self.around.offices[-1]

    def says(self, text: str) -> None:
        """Wait until the office has got a text."""
        until(lambda: text in [post.text for post in self.said.posts], f"{text} in {[p.text for p in self.said.posts]}")

    def reload(self, text: str) -> None:
        """Change the file and tell the node."""
        self.path.write_text(text)
        self.node._inbox.put(Wish.RELOAD)


@contextmanager
def running(folder: Path, text: str = YAML) -> Iterator[Life]:
    """Give a node that runs; end it afterwards."""
    life = Life(folder, text)
    life.thread.start()
    until(lambda: "READY=1" in life.around.notifier.lines, "the node to be ready")
    try:
        yield life
    finally:
        life.node.stop()
        life.thread.join(10)
        assert not life.thread.is_alive()


def test_a_node_says_that_it_started_and_ends_in_order(tmp_path: Path) -> None:
    """First the cameras end, then the office writes what waits."""
    with running(tmp_path) as life:
        assert [post.text for post in life.said.posts] == ["Barn|Restart|host"]
    assert all(shared.started and shared.closed for shared in life.around.shared)
    assert life.around.offices[0].closed
    assert [line for line in life.around.notifier.lines if line != "WATCHDOG=1"] == ["READY=1", "STOPPING=1"]


def test_heartbeats_go_at_their_interval(tmp_path: Path) -> None:
    """The first one an interval after the start."""
    with running(tmp_path) as life:
        for _ in range(2):
            life.said.posts.clear()
            life.around.seconds += 61
            life.node.take_reply("wake")
            life.node.take_reply("up")
            life.says("Barn|Heartbeat")
            assert [post.text for post in life.said.posts] == ["Barn|Heartbeat"]


def test_send_frames_is_obeyed_and_answered(tmp_path: Path) -> None:
    """By the view that it names, or by all."""
    with running(tmp_path) as life:
        life.node.take_reply("SendFrames 2 Gate")
        life.says("Barn|Command|obeyed SendFrames 2 Gate")
        for shared in life.around.shared:
            for number in (1, 2, 3):
                shared.subscriptions[0].give(frame(number))
        until(lambda: [post.text for post in life.said.posts].count("Barn Gate|jpg") == 2, "two images")
        assert "Barn Yard|jpg" not in [post.text for post in life.said.posts]


def test_set_resolution_is_obeyed_and_answered(tmp_path: Path) -> None:
    """A camera that can't says why."""
    with running(tmp_path) as life:
        life.node.take_reply("SetResolution (640,480) Yard")
        life.says("Barn|Command|obeyed SetResolution (640,480) Yard")
        assert life.around.shared[0].modes == [(Mode((640, 480)), None)]
        life.node.take_reply("SetResolution (8000,480)")
        life.says("Barn|Command|refused SetResolution (8000,480): too wide")


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("SendFrames x", "expected a number of images from 1 to 10000, and a view or none"),
        ("SendFrames 1 Hall", "there is no view 'Hall'"),
        ("ReloadYaml now", "nothing can follow it"),
    ],
)
def test_what_can_t_be_obeyed_is_answered(tmp_path: Path, reply: str, why: str) -> None:
    """With the reason."""
    with running(tmp_path) as life:
        life.node.take_reply(reply)
        life.says(f"Barn|Command|refused {reply}: {why}")


def test_other_people_s_replies_are_not_answered(tmp_path: Path) -> None:
    """A hub that thanks for each message would be thanked for ever."""
    with running(tmp_path) as life:
        life.node.take_reply("thank you")
        life.node.take_reply("SendFrames 1")
        life.says("Barn|Command|obeyed SendFrames 1")
        assert len(life.said.posts) == 2


def test_reload_applies_what_the_file_says(tmp_path: Path) -> None:
    """Cameras are those of the new file; an office whose settings are the same goes on."""
    with running(tmp_path) as life:
        life.path.write_text(YAML.replace("viewname: Gate", "viewname: Door"))
        life.node.take_reply("ReloadYaml")
        life.says("Barn|Command|obeyed ReloadYaml")
        assert [shared.closed for shared in life.around.shared] == [True, True, False, False]
        assert [one["name"] for one in life.node.document()["cameras"]] == ["Barn Yard", "Barn Door"]
        assert len(life.around.offices) == 1


def test_reload_turns_to_another_hub(tmp_path: Path) -> None:
    """What waits stays in the spool, which the next office opens."""
    with running(tmp_path) as life:
        life.reload(YAML.replace("tcp://hub", "tcp://other"))
        until(lambda: len(life.around.offices) == 2, "another office")
        life.says("Barn|Command|obeyed ReloadYaml")
        assert life.around.offices[0].closed


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("node: {name: Barn}", "hub_address: missing"),
        (YAML + "x: 1", "x: unknown setting"),
        (YAML.replace("viewname: Gate", "viewname: Gate, src: none"), "is no camera"),
        (YAML.replace("tcp://hub", "tcp://broken"), "the spool is in use"),
    ],
)
def test_a_reload_that_can_t_be_leaves_all_as_it_was(tmp_path: Path, text: str, why: str) -> None:
    """The hub is told why, and cameras and office work."""
    with running(tmp_path) as life:
        life.reload(text)
        until(lambda: any("refused ReloadYaml" in post.text and why in post.text for post in life.said.posts), why)
        assert [one["name"] for one in life.node.document()["cameras"]] == ["Barn Yard", "Barn Gate"]
        assert [shared.closed for shared in life.around.shared[-2:]] == [False, False]


def test_a_recording_is_not_cut_by_a_reload(tmp_path: Path) -> None:
    """It is refused until the recording is done."""
    with running(tmp_path, YAML + "recordings: {R1: {camera: P1}}") as life:
        (agent,) = life.around.parts
        agent.state = "recording"
        life.node.take_reply("ReloadYaml")
        life.says("Barn|Command|refused ReloadYaml: a recording is under way")
        assert not agent.closed


def test_images_are_published_where_a_port_is_set(tmp_path: Path) -> None:
    """Each frame, though none is sent to the hub; another port closes the first."""
    text = YAML.replace("heartbeat: 1", "publish_port: 5566")
    with running(tmp_path, text) as life:
        life.around.shared[0].subscriptions[0].give(frame(7))
        until(lambda: life.around.publishers[0].published, "a published image")
        assert life.around.publishers[0].published == [("Barn Yard|jpg", b"jpeg 7")]
        life.reload(text.replace("5566", "5567"))
        life.says("Barn|Command|obeyed ReloadYaml")
    assert [(one.port, one.closed) for one in life.around.publishers] == [(5566, True), (5567, True)]


def test_where_raw_images_are_sent_events_bring_a_raw_image_too(tmp_path: Path) -> None:
    """A hub that reads arrays can read nothing else."""
    with running(tmp_path, YAML.replace("heartbeat: 1", "send_type: image")) as life:
        (post,) = life.said.posts
        assert post.shape == (3, 3)
        assert np.frombuffer(post.body, np.uint8).reshape(post.shape).sum() == 0


def test_the_status_can_be_asked(tmp_path: Path) -> None:
    """By the socket in the runtime directory; after the end nobody answers."""
    with running(tmp_path) as life:
        document = until(lambda: _asked(tmp_path), "the status")
        assert (document["node"], len(document["cameras"])) == ("Barn", 2)
        assert document["delivery"]["hub"] == "tcp://hub:5555"
        assert life.node.document()["faults"] == []
    with pytest.raises(ImagehubError, match="no node answers at"):
        status.query(tmp_path / "imagenode_run")


def _asked(folder: Path) -> "Document | None":
    try:
        return status.query(folder / "imagenode_run")
    except ImagehubError:
        return None


def test_an_office_that_can_t_be_opened_ends_the_start(tmp_path: Path) -> None:
    """Nothing goes on in the background."""
    life = Life(tmp_path, YAML.replace("tcp://hub", "tcp://broken"))
    with pytest.raises(ImagehubError, match="the spool is in use"):
        life.node.run()
    assert not any(shared.started for shared in life.around.shared)


def test_a_sender_that_gets_nothing_done_has_stalled(tmp_path: Path) -> None:
    """One without work, or whose hub does not answer, has not."""
    with running(tmp_path) as life:
        office = life.around.offices[0]
        for document, stalls in [
            (Delivered(), False),
            (Delivered(waiting_on_disk=3, answering=False), False),
            (Delivered(waiting_in_memory=3, sent=5), False),
            (Delivered(waiting_in_memory=3, sent=5), True),
        ]:
            office.document = document
            life.around.seconds += 100
            stalled = [pulse.name for pulse in life.node._pulses() if pulse.stalled()]
            assert ("the sender" in stalled) == stalls, document


def test_an_agent_that_can_t_listen_ends_the_start_and_closes_the_cameras(tmp_path: Path) -> None:
    """Nothing is left half open."""
    life = Life(tmp_path, YAML + "recordings: {R1: {camera: P1}}")

    def fail() -> None:
        raise ImagehubError("can't listen")

    life.around.prepare = lambda part: setattr(part, "start", fail)
    with pytest.raises(ImagehubError, match="can't listen"):
        life.node.run()
    assert all(shared.closed for shared in life.around.shared)
    assert life.around.offices[0].closed
