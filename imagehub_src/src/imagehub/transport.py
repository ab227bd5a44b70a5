"""The ZeroMQ sockets of the hub: how they are set up, and who may connect."""

import ipaddress
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import zmq
from zmq.utils import z85

ZAP_ENDPOINT = "inproc://zeromq.zap.01"
ZAP_DOMAIN = b"imagehub"
KEEPALIVE_IDLE_SECONDS = 60
RECEIVE_MARK = 8
HANDSHAKE_MILLISECONDS = 5000  # and so long a sender waits that was not admitted, before it tries again
SAME_PORT_SECONDS = 1.0


class CurveKeys(NamedTuple):
    """The hub's key pair and whom it admits: public key (Z85) to name."""

    public: bytes
    secret: bytes
    admitted: Mapping[bytes, str]


def router(
    context: zmq.Context[zmq.Socket[bytes]], max_message_bytes: int, curve: CurveKeys | None
) -> zmq.Socket[bytes]:
    """Return the unbound socket that stock REQ senders connect to."""
    socket = context.socket(zmq.ROUTER)
    socket.linger = 1000
    # A REQ sender has one request under way. A smaller mark would have the I/O thread woken for each request,
    # and with a mark of 1 a CURVE connection never gets a request through.
    socket.rcvhwm = RECEIVE_MARK
    socket.zap_domain = ZAP_DOMAIN
    socket.handshake_ivl = HANDSHAKE_MILLISECONDS
    socket.tcp_keepalive = 1
    socket.tcp_keepalive_idle = KEEPALIVE_IDLE_SECONDS
    apply_limits(socket, max_message_bytes, curve)
    return socket


def apply_limits(socket: zmq.Socket[bytes], max_message_bytes: int, curve: CurveKeys | None) -> None:
    """Set what holds for connections that are accepted after the next bind."""
    socket.maxmsgsize = max_message_bytes
    socket.curve_server = curve is not None
    if curve is not None:
        socket.curve_publickey = curve.public
        socket.curve_secretkey = curve.secret


def move(socket: zmq.Socket[bytes], old: str, new: str, restore: Callable[[], None] = lambda: None) -> str:
    """Bind a socket to `new`, give up `old` (it may be empty), and return the endpoint as bound.

    `restore` brings back the socket's options for `old` where `new` can't be bound.

    Raises:
        zmq.ZMQError: `new` can't be bound; `old` still is.
    """
    same = old.rpartition(":")[2] == new.rpartition(":")[2]
    if old and same:
        socket.unbind(old)
    try:
        _bind(socket, new, patience_seconds=SAME_PORT_SECONDS if same else 0.0)
    except zmq.ZMQError:
        restore()
        if old and same:
            _bind(socket, old, SAME_PORT_SECONDS)
        raise
    bound = bytes(socket.get(zmq.LAST_ENDPOINT)).rstrip(b"\0").decode()
    if old and not same:
        socket.unbind(old)
    return bound


def _bind(socket: zmq.Socket[bytes], endpoint: str, patience_seconds: float) -> None:
    """Bind; a port that was just given up is free only a moment later."""
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            socket.bind(endpoint)
        except zmq.ZMQError as error:
            if error.errno != zmq.EADDRINUSE or time.monotonic() >= deadline:
                raise
            time.sleep(0.01)
        else:
            return


def endpoint(address: str, port: int) -> str:
    """Return the ZeroMQ endpoint of an address and a port."""
    return f"tcp://[{address}]:{port}" if ":" in address else f"tcp://{address}:{port}"


def is_private(address: str) -> bool:
    """Tell whether only this machine or a private network can reach a bind address."""
    try:
        return ipaddress.ip_address(address).is_private and not ipaddress.ip_address(address).is_unspecified
    except ValueError:
        return address == "localhost"


class Admission:
    """Who may connect: by address, and with CURVE by public key. Answers the questions of ZAP (ZeroMQ RFC 27)."""

    def __init__(self) -> None:
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        self._admitted: Mapping[bytes, str] | None = None

    def set(self, addresses: Iterable[str], curve: CurveKeys | None) -> None:
        """Admit these addresses and networks (none named: all), and with `curve` only the keys that it lists."""
        self._networks = [ipaddress.ip_network(address, strict=False) for address in addresses]
        self._admitted = curve.admitted if curve else None

    def answer(self, question: Sequence[bytes]) -> list[bytes]:
        """Return the ZAP reply to a request (version, number, domain, address, identity, mechanism, credentials)."""
        if len(question) < 6:
            return [b"1.0", b"", b"500", b"malformed request", b"", b""]
        address, mechanism, credentials = question[3].decode(errors="replace"), question[5], question[6:]
        name = self._name(mechanism, credentials)
        if name is None or not self._admits(address):
            # 300 lets the sender try again later; after 400 it would stay away even once it is admitted.
            return [b"1.0", question[1], b"300", b"not admitted", b"", b""]
        return [b"1.0", question[1], b"200", b"OK", name.encode(), b""]

    def _name(self, mechanism: bytes, credentials: Sequence[bytes]) -> str | None:
        if self._admitted is None:
            return "" if mechanism == b"NULL" else None
        if mechanism != b"CURVE" or len(credentials) != 1 or len(credentials[0]) != 32:
            return None
        return self._admitted.get(z85.encode(credentials[0]))

    def _admits(self, address: str) -> bool:
        if not self._networks:
            return True
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        return any(ip in network for network in self._networks)


def publisher(context: zmq.Context[zmq.Socket[bytes]], address: str) -> zmq.Socket[bytes]:
    """Return a socket, bound to `address`, that viewers subscribe to; a slow viewer misses pictures."""
    socket = context.socket(zmq.PUB)
    socket.linger = 0
    socket.sndhwm = 8
    socket.ipv6 = "[" in address
    try:
        socket.bind(address)
    except zmq.ZMQError:
        socket.close()
        raise
    return socket


def subscriber(context: zmq.Context[zmq.Socket[bytes]], max_message_bytes: int) -> zmq.Socket[bytes]:
    """Return a socket that can connect to PUB senders; the transport holds two messages of each at most."""
    socket = context.socket(zmq.SUB)
    socket.linger = 0
    socket.rcvhwm = 2
    socket.maxmsgsize = max_message_bytes
    socket.subscribe(b"")
    return socket
