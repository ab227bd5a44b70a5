"""Requests get their own replies, are sent again when it is quiet, and never wait for ever."""

from collections.abc import Iterator

import pytest
import zmq

from imagehub.colony import protocol
from imagehub.colony.conductor.link import Link, NoReplyError, Place
from imagehub.colony.protocol import Reply


@pytest.fixture
def agent() -> Iterator[zmq.Socket[bytes]]:
    """Give the socket of an agent that answers by the test's hand."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket = context.socket(zmq.ROUTER)
    socket.linger = 0
    socket.bind("tcp://127.0.0.1:*")
    yield socket
    socket.close()
    context.term()


@pytest.fixture
def link(agent: zmq.Socket[bytes]) -> Iterator[Link]:
    """Give a link to it."""
    found = Link({"left": Place(bytes(agent.get(zmq.LAST_ENDPOINT)).rstrip(b"\0").decode())})
    found.start()
    yield found
    found.close()


def heard(agent: zmq.Socket[bytes]) -> tuple[bytes, protocol.Request]:
    """Return the next request, and who sent it."""
    assert agent.poll(10_000)
    sender, data = agent.recv_multipart()
    return sender, protocol.decode(data)


def test_each_request_gets_its_own_reply(link: Link, agent: zmq.Socket[bytes]) -> None:
    """Whatever their order, and with the instants of both ends."""
    futures = [link.ask("left", "state", {}, 10) for _ in range(2)]
    requests = [heard(agent) for _ in range(2)]
    for sender, request in reversed(requests):
        agent.send_multipart([sender, *protocol.encode_reply(Reply(request.id, True, "", "idle", {"n": request.id}))])
    answers = [future.result(10) for future in futures]
    assert all(answer.reply.fields["n"] == answer.reply.id for answer in answers)
    assert answers[0].reply.id != answers[1].reply.id
    assert all(0 < answer.asked_ns <= answer.back_ns for answer in answers)


def test_silence_has_the_same_request_sent_again(link: Link, agent: zmq.Socket[bytes]) -> None:
    """Under its id, by which the agent knows it; one reply is enough, and what is no reply is ignored."""
    future = link.ask("left", "stop", {}, 10, again_seconds=0.05)
    sender, first = heard(agent)
    _, second = heard(agent)
    assert first == second
    agent.send_multipart([sender, b"junk"])
    agent.send_multipart([sender, *protocol.encode_reply(Reply("another", True, "", "idle"))])
    for _ in range(2):
        agent.send_multipart([sender, *protocol.encode_reply(Reply(first.id, True, "", "idle"))])
    assert future.result(10).reply.state == "idle"


def test_without_an_answer_there_is_an_error_that_names_camera_and_place(link: Link, agent: zmq.Socket[bytes]) -> None:
    """After the deadline."""
    with pytest.raises(NoReplyError, match=r"left: no answer from tcp://127\.0\.0\.1:\d+ to clock: does an agent run"):
        link.ask("left", "clock", {}, 0.05, again_seconds=None).result(10)


def test_who_waits_when_the_link_is_closed_is_told(link: Link) -> None:
    """Nobody waits for ever."""
    future = link.ask("left", "state", {}, 100)
    link.close()
    with pytest.raises(NoReplyError, match="the conductor ended"):
        future.result(10)
