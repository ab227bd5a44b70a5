"""A message on its way to a hub, and how it lies in a file.

The file is one line and the body. The line is `crc32:XXXXXXXX {JSON}`: the checksum is of all that follows the blank
after it, so that a file that was cut short or has rotted is known. The JSON has `text`, `taken` (ISO 8601 with UTC
offset), `shape` (null for a JPEG) and `id`.
"""

import json
import zlib
from dataclasses import dataclass
from datetime import datetime

from imagehub.errors import ImagehubError
from imagehub.node.delivery.post import Post

MARK = b"crc32:"
_START = len(MARK) + 8 + 1
LETTER_OVERHEAD_BYTES = 512


class DamagedError(ImagehubError):
    """A file is not the whole of what was written."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A post with its place in the order (`sequence`) and the `id` by which a hub knows a repeat."""

    sequence: int
    id: str
    post: Post

    @property
    def memory_bytes(self) -> int:
        """About how much memory it takes."""
        return len(self.post.body) + len(self.post.text) + LETTER_OVERHEAD_BYTES

    @property
    def is_image(self) -> bool:
        """Whether it is a picture, rather than an event or a heartbeat."""
        return _type(self.post.text) in {"jpg", "image"}


def is_heartbeat(text: str) -> bool:
    """Tell whether a message's text (`node view|type|rest`) is a heartbeat's."""
    return _type(text) == "heartbeat"


def _type(text: str) -> str:
    return text.partition("|")[2].partition("|")[0].strip().lower()


def encode(letter: Letter) -> bytes:
    """Return the bytes of the letter's file."""
    post = letter.post
    header = {"text": post.text, "taken": post.taken.isoformat(), "shape": post.shape, "id": letter.id}
    line = json.dumps(header).encode() + b"\n"
    checksum = zlib.crc32(post.body, zlib.crc32(line))
    return b"".join((MARK, f"{checksum:08x} ".encode(), line, post.body))


def decode(data: bytes, sequence: int) -> Letter:
    """Return the letter of a file's bytes.

    Raises:
        DamagedError: they are not what `encode` made.
    """
    if data[:_START] != MARK + f"{zlib.crc32(memoryview(data)[_START:]):08x} ".encode():
        raise DamagedError("the checksum does not fit")
    line, _, body = data[_START:].partition(b"\n")
    try:
        header = json.loads(line)
        shape = None if header["shape"] is None else tuple(header["shape"])
        post = Post(header["text"], body, datetime.fromisoformat(header["taken"]), shape)
        return Letter(sequence, header["id"], post)
    except (ValueError, LookupError, TypeError) as error:
        raise DamagedError(f"the header can't be read ({error})") from None
