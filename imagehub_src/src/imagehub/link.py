"""How front and store process talk: small records over a local stream, images in memory that both see.

The stream carries frames: a kind (1 byte), a length (4 bytes), a payload. The front copies each message into
the
region, a shared mapping, and sends a record that says where it lies; the store process writes it to disk from
there and answers with the request's number. The front keeps a request until it is answered, so a new store
process gets what the last one left. Numbers are little-endian.
"""

import json
import mmap
import os
import socket
import struct
import threading
from bisect import bisect
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from imagehub.errors import LinkError

PROTOCOL = 1
REGION_BYTES = 256 << 20
PAGE = 4096
MAX_FRAMES = 16
MOST_FRAMES_COUNTED = 0xFFFF
NO_PAYLOAD = 0xFFFFFFFF
RECEIVE_BYTES = 1 << 15

HELLO = b"H"  # front -> store: JSON {protocol, version, epoch}, with the region's descriptor
LISTEN = b"L"  # store -> front: JSON, see `front.Front.listen`
LISTENING = b"B"  # front -> store: JSON {endpoint, error}
REQUESTS = b"Q"  # front -> store: request records
REPLIES = b"R"  # store -> front: reply records

# Windows can't; there front and store are threads of one process (see `together`), and the number is enough.
CAN_PASS_DESCRIPTORS = hasattr(socket, "SCM_RIGHTS")

_FRAME = struct.Struct("<cI")
_REQUEST = struct.Struct("<QdIHB")
_TAILS = [struct.Struct(f"<{count}IB") for count in range(MAX_FRAMES + 1)]
_REPLY = struct.Struct("<QH")


class Request(NamedTuple):
    """A message that waits in the region for its reply.

    `page` is where its first frame begins (NO_PAYLOAD: the message was too large to take), `frame_count` how
    many frames it had, `lengths` the bytes of those that were kept, one behind the other. `received` is the
    monotonic time in seconds, `peer` the sender's address.
    """

    number: int
    received: float
    page: int
    frame_count: int
    lengths: Sequence[int]
    peer: str


class Reply(NamedTuple):
    """The answer to the request of that number."""

    number: int
    text: bytes


def pack_request(
    number: int, received: float, page: int, frame_count: int, lengths: Sequence[int], peer: bytes
) -> bytes:
    """Return the record of a request; see `Request`."""
    count = len(lengths)
    tail = _TAILS[count].pack(*lengths, len(peer))
    return _REQUEST.pack(number, received, page, frame_count, count) + tail + peer


def unpack_requests(payload: bytes) -> Iterator[Request]:
    """Yield the requests of a REQUESTS payload."""
    at = 0
    while at < len(payload):
        number, received, page, frame_count, count = _REQUEST.unpack_from(payload, at)
        at += _REQUEST.size
        *lengths, peer_bytes = _TAILS[count].unpack_from(payload, at)
        at += _TAILS[count].size
        peer = payload[at : at + peer_bytes].decode()
        at += peer_bytes
        yield Request(number, received, page, frame_count, lengths, peer)


def pack_reply(reply: Reply) -> bytes:
    """Return the record of a reply."""
    return _REPLY.pack(reply.number, len(reply.text)) + reply.text


def unpack_replies(payload: bytes) -> Iterator[Reply]:
    """Yield the replies of a REPLIES payload."""
    at = 0
    while at < len(payload):
        number, length = _REPLY.unpack_from(payload, at)
        at += _REPLY.size
        yield Reply(number, payload[at : at + length])
        at += length


class Connection:
    """One end of the stream. One thread receives; any may send."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._sending = threading.Lock()
        self._received = bytearray()

    def fileno(self) -> int:
        """Return the descriptor, for a poller."""
        return self._stream.fileno()

    def send(self, kind: bytes, payload: bytes) -> None:
        """Send one frame; raise LinkError when the other end is gone."""
        try:
            with self._sending:
                self._stream.sendall(_FRAME.pack(kind, len(payload)) + payload)
        except OSError as error:
            raise LinkError(f"the other end of the link is gone: {error.strerror}") from error

    def receive(self) -> list[tuple[bytes, bytes]]:
        """Wait for data and return the frames that are whole; raise LinkError at the end of the stream."""
        try:
            data = self._stream.recv(RECEIVE_BYTES)
        except OSError as error:
            raise LinkError(f"the link broke: {error.strerror}") from error
        if not data:
            raise LinkError("the other end closed the link")
        return self._whole_frames(data)

    def _whole_frames(self, data: bytes) -> list[tuple[bytes, bytes]]:
        self._received += data
        frames, at = [], 0
        while len(self._received) - at >= _FRAME.size:
            kind, length = _FRAME.unpack_from(self._received, at)
            start = at + _FRAME.size
            if len(self._received) - start < length:
                break
            at = start + length
            frames.append((kind, bytes(self._received[start:at])))
        del self._received[:at]
        return frames

    def greet(self, hello: dict[str, object], region: int) -> None:
        """Send the first frame and the region's descriptor; raise LinkError when the other end is gone."""
        payload = json.dumps(hello | {"region": region}).encode()
        frame = _FRAME.pack(HELLO, len(payload)) + payload
        try:
            if CAN_PASS_DESCRIPTORS:
                socket.send_fds(self._stream, [frame], [region])
            else:
                self._stream.sendall(frame)
        except OSError as error:
            raise LinkError(f"the other end of the link is gone: {error.strerror}") from error

    def greeting(self, timeout_seconds: float) -> tuple[dict[str, Any], int]:
        """Return what `greet` sent, the descriptor being the caller's; raise LinkError if nothing comes in time."""
        self._stream.settimeout(timeout_seconds)
        try:
            data, descriptors = self._receive_greeting()
        except OSError as error:
            raise LinkError(f"no greeting from the front: {error}") from error
        self._stream.settimeout(None)
        frames = self._whole_frames(data)
        if len(frames) != 1 or frames[0][0] != HELLO:
            raise LinkError("no greeting from the front: it closed the link")
        hello = json.loads(frames[0][1])
        return hello, descriptors[0] if descriptors else os.dup(hello["region"])

    def _receive_greeting(self) -> tuple[bytes, list[int]]:
        if not CAN_PASS_DESCRIPTORS:
            return self._stream.recv(65536), []
        data, descriptors, _, _ = socket.recv_fds(self._stream, 65536, 1)
        return data, descriptors

    def close(self) -> None:
        """Close this end."""
        self._stream.close()


def region_file() -> int:
    """Return a descriptor of REGION_BYTES of memory that another process can map; pages count once touched."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("imagehub-region", os.MFD_CLOEXEC)
    else:
        import tempfile  # heavy, and needed on few systems

        with tempfile.TemporaryFile(prefix="imagehub-region-") as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, REGION_BYTES)
    return descriptor


def map_region(descriptor: int) -> mmap.mmap:
    """Map the region that a descriptor stands for."""
    return mmap.mmap(descriptor, REGION_BYTES)


class Pages:
    """Which pages of the region are free: lowest first, so that a quiet hub touches few."""

    def __init__(self, total: int = REGION_BYTES // PAGE) -> None:
        self._total = total
        self._free: list[tuple[int, int]] = [(0, total)]
        self.highest = 0

    def take(self, size: int) -> int | None:
        """Return the first page of a run that holds `size` bytes, or None when there is none."""
        need = max(1, -(-size // PAGE))
        for index, (page, count) in enumerate(self._free):
            if count >= need:
                rest = [(page + need, count - need)] if count > need else []
                self._free[index : index + 1] = rest
                self.highest = max(self.highest, page + need)
                return page
        return None

    def give_back(self, page: int, size: int) -> None:
        """Free the run that `take(size)` returned."""
        count = max(1, -(-size // PAGE))
        at = bisect(self._free, (page, count))
        if at < len(self._free) and self._free[at][0] == page + count:
            count += self._free.pop(at)[1]
        if at and sum(self._free[at - 1]) == page:
            at -= 1
            page, before = self._free.pop(at)
            count += before
        self._free.insert(at, (page, count))

    @property
    def all_free(self) -> bool:
        """True when nothing is kept."""
        return self._free == [(0, self._total)]
