"""Records over a stream, messages in memory: what one end packs the other unpacks."""

import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from imagehub import link
from imagehub.errors import LinkError
from imagehub.link import Connection, Pages, Reply, Request

requests = st.builds(
    Request,
    st.integers(0, 2**64 - 1),
    st.floats(allow_nan=False),
    st.integers(0, 2**32 - 1),
    st.integers(0, link.MOST_FRAMES_COUNTED),
    st.lists(st.integers(0, 2**32 - 1), max_size=link.MAX_FRAMES),
    st.text(st.characters(codec="ascii"), max_size=60),
)


@given(st.lists(requests, max_size=8))
def test_requests_survive_the_stream(sent: list[Request]) -> None:
    """What is packed one behind the other comes out the same."""
    payload = b"".join(link.pack_request(*request[:5], request.peer.encode()) for request in sent)
    assert list(link.unpack_requests(payload)) == sent


@given(st.lists(st.builds(Reply, st.integers(0, 2**64 - 1), st.binary(max_size=300)), max_size=8))
def test_replies_survive_the_stream(sent: list[Reply]) -> None:
    """What is packed one behind the other comes out the same."""
    assert list(link.unpack_replies(b"".join(map(link.pack_reply, sent)))) == sent


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=6), st.integers(1, 9))
def test_frames_come_whole_however_the_stream_cuts_them(payloads: list[bytes], step: int) -> None:
    """Frames that arrive in pieces are given out once they are whole, in order."""
    near, far = socket.socketpair()
    sender, receiver = Connection(near), Connection(far)
    for payload in payloads:
        sender.send(b"X", payload)
    data = far.recv(1 << 16)
    frames = [frame for at in range(0, len(data), step) for frame in receiver._whole_frames(data[at : at + step])]
    assert frames == [(b"X", payload) for payload in payloads]
    sender.close()
    receiver.close()


def test_the_region_is_shared_by_descriptor() -> None:
    """What one end writes into the region the other reads, and nothing of it lies in a file system."""
    near, far = (Connection(stream) for stream in socket.socketpair())
    region = link.region_file()
    near.greet({"protocol": link.PROTOCOL}, region)
    hello, descriptor = far.greeting(5.0)
    with link.map_region(region) as ours, link.map_region(descriptor) as theirs:
        ours[4096:4101] = b"image"
        assert theirs[4096:4101] == b"image"
    assert hello["protocol"] == link.PROTOCOL
    for number in (region, descriptor):
        os.close(number)
    near.close()
    far.close()


def test_an_end_that_is_gone_is_told() -> None:
    """Both receiving from and sending to a closed end raise LinkError."""
    near, far = (Connection(stream) for stream in socket.socketpair())
    far.close()
    with pytest.raises(LinkError):
        near.receive()
    with pytest.raises(LinkError):
        near.send(b"X", b"")
    near.close()


class PagesMachine(RuleBasedStateMachine):
    """Runs of pages are taken and given back in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = Pages(64)
        self.taken: list[tuple[int, int]] = []

    @rule(size=st.integers(0, 20 * link.PAGE))
    def take(self, size: int) -> None:
        """Take a run if there is one."""
        page = self.pages.take(size)
        if page is not None:
            self.taken.append((page, size))

    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        """Give any run back."""
        if self.taken:
            self.pages.give_back(*self.taken.pop(data.draw(st.integers(0, len(self.taken) - 1))))

    @invariant()
    def runs_never_overlap(self) -> None:
        """No page belongs to two runs, none lies outside."""
        pages = [page + n for page, size in self.taken for n in range(max(1, -(-size // link.PAGE)))]
        assert len(pages) == len(set(pages))
        assert all(0 <= page < 64 for page in pages)

    def teardown(self) -> None:
        """Once all is given back, all is one free run again."""
        for page, size in self.taken:
            self.pages.give_back(page, size)
        assert self.pages.all_free


TestPages = PagesMachine.TestCase
