"""Who may connect, and where the hub listens."""

import ipaddress
from collections.abc import Iterator

import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st
from zmq.utils import z85

from imagehub.transport import Admission, CurveKeys, endpoint, is_private, move

KEY = bytes(range(32))
CURVE = CurveKeys(b"public", b"secret", {z85.encode(KEY): "Barn"})


def ask(admission: Admission, address: str = "192.0.2.7", mechanism: bytes = b"NULL", *credentials: bytes) -> bytes:
    """Ask as libzmq does, and return the status code of the reply."""
    question = [b"1.0", b"7", b"imagehub", address.encode(), b"", mechanism, *credentials]
    version, number, code, *_ = admission.answer(question)
    assert (version, number) == (b"1.0", b"7")
    return code


def test_without_lists_everybody_may_connect() -> None:
    """The default of a hub is that of its predecessors."""
    assert ask(Admission()) == b"200"


@pytest.mark.parametrize(
    ("address", "code"),
    [("192.0.2.7", b"200"), ("192.0.2.200", b"300"), ("::ffff:192.0.2.7", b"200"), ("2001:db8::1", b"200"),
     ("2001:db9::1", b"300"), ("not an address", b"300"), ("", b"300")],
)  # fmt: skip
def test_a_list_of_addresses_admits_those_and_no_others(address: str, code: bytes) -> None:
    """Single addresses, networks, and IPv4 addresses as IPv6 sockets show them."""
    admission = Admission()
    admission.set(["192.0.2.0/27", "2001:db8::/64"], None)
    assert ask(admission, address) == code


@given(st.ip_addresses(v=4))
def test_a_network_admits_exactly_its_addresses(address: ipaddress.IPv4Address) -> None:
    """Whatever the address, the answer is that of the network."""
    admission = Admission()
    admission.set(["128.0.0.0/1"], None)
    assert (ask(admission, str(address)) == b"200") == (int(address) >= 1 << 31)


@pytest.mark.parametrize(
    ("mechanism", "credentials", "code"),
    [(b"CURVE", [KEY], b"200"), (b"CURVE", [bytes(32)], b"300"), (b"CURVE", [KEY[:31]], b"300"), (b"CURVE", [], b"300"),
     (b"CURVE", [KEY, KEY], b"300"), (b"NULL", [], b"300"), (b"PLAIN", [b"user", b"password"], b"300")],
)  # fmt: skip
def test_with_curve_only_listed_keys_get_in(mechanism: bytes, credentials: list[bytes], code: bytes) -> None:
    """A key that is not listed, one that is none, and every other mechanism stay outside."""
    admission = Admission()
    admission.set([], CURVE)
    assert ask(admission, "192.0.2.7", mechanism, *credentials) == code


def test_without_curve_other_mechanisms_stay_outside() -> None:
    """A sender with keys that nobody asked for does not pass for one that was admitted."""
    assert ask(Admission(), "192.0.2.7", b"CURVE", KEY) == b"300"


@pytest.mark.parametrize("question", [[], [b"1.0"], [b"1.0", b"7", b"", b"192.0.2.7", b""]])
def test_a_question_that_is_none_is_refused(question: list[bytes]) -> None:
    """And answered all the same: whoever asks must not wait."""
    assert Admission().answer(question)[2] == b"500"


@pytest.mark.parametrize(
    ("address", "private"),
    [("127.0.0.1", True), ("10.1.2.3", True), ("192.168.1.5", True), ("::1", True), ("fd00::1", True),
     ("localhost", True), ("*", False), ("0.0.0.0", False), ("::", False), ("8.8.8.8", False), ("eth0", False)],
)  # fmt: skip
def test_only_what_strangers_can_not_reach_is_private(address: str, private: bool) -> None:
    """Everything else is worth a warning."""
    assert is_private(address) == private


def test_an_endpoint_has_brackets_around_ipv6() -> None:
    """As ZeroMQ wants them."""
    assert endpoint("*", 5555) == "tcp://*:5555"
    assert endpoint("fd00::1", 5555) == "tcp://[fd00::1]:5555"


@pytest.fixture
def router() -> Iterator[zmq.Socket[bytes]]:
    """A socket that is not bound yet."""
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        yield socket


def test_a_port_that_is_taken_leaves_the_old_one_open(router: zmq.Socket[bytes]) -> None:
    """Moving to where somebody else listens fails, and senders connect where they did before."""
    first = move(router, "", "tcp://127.0.0.1:*")
    with zmq.Context() as context, context.socket(zmq.ROUTER) as other:
        taken = move(other, "", "tcp://127.0.0.1:*")
        with pytest.raises(zmq.ZMQError):
            move(router, first, taken)
        with context.socket(zmq.ROUTER) as third, pytest.raises(zmq.ZMQError):
            third.bind(first)


def test_the_same_port_is_opened_anew(router: zmq.Socket[bytes]) -> None:
    """So that changed keys or addresses hold for it."""
    first = move(router, "", "tcp://127.0.0.1:*")
    assert move(router, first, first) == first
