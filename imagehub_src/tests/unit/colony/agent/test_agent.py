"""An agent on its socket: whoever sends what, it answers, and does what it is asked once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import zmq

from colonies import FakeColony, fake_colony
from imagehub.colony import protocol
from imagehub.colony.agent.agent import Agent, Place
from imagehub.colony.agent.stage import Terms
from imagehub.colony.protocol import Reply, Request
from imagehub.colony.recording.plan import Plan
from imagehub.errors import ImagehubError
from imagehub.node.cameras.camera import Mode

PLAN = Plan("left", "barn__first", "barn", "20260131_120000", Mode((640, 480), 30), max_seconds=60)
ARM = {"plan": protocol.plan_to_json(PLAN), "source": "x", "data_path": "", "lost_conductor_seconds": 10}


@contextmanager
def connected(colony: FakeColony) -> Iterator[zmq.Socket[bytes]]:
    """Give a socket that is connected to the agent `left`."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    socket.connect(f"tcp://127.0.0.1:{colony.ports['left']}")
    try:
        yield socket
    finally:
        socket.close()
        context.term()


def reply(socket: zmq.Socket[bytes]) -> Reply:
    """Return the next reply."""
    assert socket.poll(10_000)
    return protocol.decode_reply(socket.recv_multipart())


def send(socket: zmq.Socket[bytes], number: str, ask: str, **fields: Any) -> None:
    """Send a request."""
    socket.send(protocol.encode(Request(number, ask, fields)))


def test_a_request_that_is_sent_twice_is_done_once(tmp_path: Path) -> None:
    """Also where the second came over another connection; both get the reply."""
    with fake_colony(tmp_path, "left") as colony, connected(colony) as first, connected(colony) as second:
        for socket in (first, first, second):
            send(socket, "7", "arm", **ARM)
        replies = [reply(first), reply(first), reply(second)]
        assert {(each.id, each.ok, each.state) for each in replies} == {("7", True, "armed")}
        assert len(colony.worlds["left"].recorders) == 1


@pytest.mark.parametrize("frames", [[b"junk"], [b""], [b"a", b"b"], [b"[" * 60_000]])
def test_junk_does_not_end_an_agent(tmp_path: Path, frames: list[bytes]) -> None:
    """What is one frame gets an answer that says what is wrong."""
    with fake_colony(tmp_path, "left") as colony, connected(colony) as socket:
        socket.send_multipart(frames)
        send(socket, "7", "state")
        found = reply(socket)
        if found.id != "7":
            assert (found.id, found.ok) == ("?", False)
            found = reply(socket)
        assert (found.ok, found.state) == (True, "idle")


def test_a_request_that_is_too_large_is_not_even_read(tmp_path: Path) -> None:
    """The connection is ended, and a new one works."""
    with fake_colony(tmp_path, "left") as colony:
        with connected(colony) as socket:
            socket.send(json.dumps({"id": "7", "ask": "state", "x": "y" * 100_000}).encode())
            assert not socket.poll(300)
        with connected(colony) as socket:
            send(socket, "8", "state")
            assert reply(socket).ok


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    """With a guess at who has it."""
    with fake_colony(tmp_path, "left") as colony:
        second = Agent(Place(colony.ports["left"], "127.0.0.1"), Terms("left"))
        with pytest.raises(ImagehubError, match="is another agent there"):
            second.start()


def test_keys_that_are_not_there_are_told_with_the_command_that_makes_them(tmp_path: Path) -> None:
    """Before anything listens."""
    with pytest.raises(ImagehubError, match="make the agent's keys with: imagehub keys new agent"):
        Agent(Place(0, "127.0.0.1", tmp_path), Terms("left")).start()


def test_a_recording_is_finished_when_the_agent_ends(tmp_path: Path) -> None:
    """Files are closed before its process goes."""
    with fake_colony(tmp_path, "left") as colony:
        colony.agents["left"].record(PLAN)
        assert colony.agents["left"].state == "recording"
    assert colony.worlds["left"].recorders[0].stops == 1
