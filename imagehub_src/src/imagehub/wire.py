"""What a node says: the frames of an imageZMQ message as typed values, checked before anything is allocated.

The format is imagezmq 1.x (`imagezmq.SerializingSocket`): a JSON header, then the body. `send_jpg` sends
`{"msg": TEXT}` and JPEG bytes, `send_image` sends `{"msg": TEXT, "dtype": "uint8", "shape": [rows, columns, channels]}`
and the array's bytes in C order. TEXT is `node view|type|rest`, as imagenode writes it.

The header may have `id`, by which a repeat is known, and `taken`: when the picture was taken or the event
happened, where that is not just now. A hub that does not know a key ignores it; a text has no room for one.
"""

import json
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from imagehub.errors import RefusedError

MAX_HEADER_BYTES = 65_536
MAX_NAME_CHARACTERS = 100
MAX_ID_CHARACTERS = 64
MAX_TAKEN_CHARACTERS = 40
TAKEN_YEARS = range(2000, 2101)
TAKEN_UNREADABLE = ""
MAX_JPEG_SIDE = 65_500
JPEG_START = b"\xff\xd8"

# Marks (M) belong to letters in scripts such as Devanagari and Thai; format characters (Cf) do not.
_LETTERS_AND_DIGITS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd"})

Buffer = bytes | memoryview


class Camera(NamedTuple):
    """Who sends: `node` is the name up to its first space, `view` the rest (it may be empty)."""

    name: str
    node: str
    view: str


class Heartbeat(NamedTuple):
    """A sign of life: answered, never stored."""

    camera: Camera


class TestImage(NamedTuple):
    """A message without a type, as `imagenode` sends to try a connection: answered, never stored."""

    text: str


class EventMessage(NamedTuple):
    """Something happened at a camera; `body` is the tiny image that comes with it.

    `taken` is when, as ISO 8601 with UTC offset, where the sender says so; TAKEN_UNREADABLE where what it says is no
    time.
    """

    camera: Camera
    type: str
    text: str
    body: Buffer
    id: str | None = None
    taken: str | None = None


class ImageMessage(NamedTuple):
    """A picture. `body` is a JPEG, or where `shape` is set a uint8 array of that shape (BGR or grey).

    `taken` is as in EventMessage.
    """

    camera: Camera
    type: str
    text: str
    body: Buffer
    shape: tuple[int, ...] | None = None
    id: str | None = None
    taken: str | None = None


Message = Heartbeat | TestImage | EventMessage | ImageMessage


def parse(frames: Sequence[Buffer]) -> Message:
    """Read the frames of one message (header, body).

    Raises:
        RefusedError: they are no imageZMQ message, or the message can't be accepted; says why.
    """
    if len(frames) != 2:
        raise RefusedError(f"expected 2 parts, header and image, got {len(frames)}")
    header = _header(frames[0])
    text = _text(header)
    name, bar, rest = text.partition("|")
    if not bar:
        return TestImage(text)
    who = camera(name)
    type_word = rest.partition("|")[0].strip()
    kind = type_word.lower()
    if kind == "heartbeat":
        return Heartbeat(who)
    message_id, when = _id(header), taken(header["taken"]) if "taken" in header else None
    if kind in {"jpg", "image"}:
        return ImageMessage(who, type_word, text, frames[1], _picture_shape(header, frames[1]), message_id, when)
    return EventMessage(who, type_word, text, frames[1], message_id, when)


@lru_cache(maxsize=1024)
def camera(name: str) -> Camera:
    """Check a `node view` name and split it.

    Raises:
        RefusedError: the name is empty, too long, begins with a dot, or has a character other than
            letters and digits of any script, space, `_`, `.` and `-`.
    """
    if len(name) > MAX_NAME_CHARACTERS:
        raise RefusedError(f"the node name is longer than {MAX_NAME_CHARACTERS} characters")
    name = name.strip(" ")
    if not name:
        raise RefusedError("the node name is empty")
    if name.startswith("."):
        raise RefusedError("the node name begins with a dot")
    for character in name:
        if not _allowed(character):
            raise RefusedError(f"the node name has the character U+{ord(character):04X}")
    node, _, view = name.partition(" ")
    return Camera(name, node, view.strip(" "))


def _allowed(character: str) -> bool:
    return character in " _.-" or unicodedata.category(character) in _LETTERS_AND_DIGITS


def _header(frame: Buffer) -> dict[str, Any]:
    if len(frame) > MAX_HEADER_BYTES:
        raise RefusedError(f"the header is longer than {MAX_HEADER_BYTES} bytes")
    try:
        header = json.loads(str(frame, "utf-8"))
    except (ValueError, RecursionError):
        raise RefusedError("the header is not JSON") from None
    if not isinstance(header, dict):
        raise RefusedError("the header is not a JSON object")
    return header


def _text(header: dict[str, Any]) -> str:
    text = header.get("msg")
    if not isinstance(text, str):
        raise RefusedError("the header has no text under 'msg'")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RefusedError("the text is not Unicode") from None
    return text


def _id(header: dict[str, Any]) -> str | None:
    value = header.get("id")
    if value is None:
        return None
    if not isinstance(value, str) or not value.isascii() or not 0 < len(value) <= MAX_ID_CHARACTERS:
        raise RefusedError(f"the id is not a text of 1 to {MAX_ID_CHARACTERS} ASCII characters")
    return value


def taken(value: object) -> str:
    """Return when a message says it was taken, in one form; TAKEN_UNREADABLE where it does not say it well.

    That is no reason to refuse a picture: then its time is that of its arrival, as without the key.
    """
    if not isinstance(value, str) or not value.isascii() or len(value) > MAX_TAKEN_CHARACTERS:
        return TAKEN_UNREADABLE
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return TAKEN_UNREADABLE
    if time.utcoffset() is None or time.year not in TAKEN_YEARS:
        return TAKEN_UNREADABLE
    return time.isoformat(timespec="microseconds")


def _picture_shape(header: dict[str, Any], body: Buffer) -> tuple[int, ...] | None:
    """Return None where the body is a JPEG, else the array's shape; refuse anything else."""
    if "dtype" not in header and "shape" not in header:
        if bytes(body[:2]) != JPEG_START:
            raise RefusedError("the image is not a JPEG (it does not begin with FF D8)")
        return None
    if header.get("dtype") != "uint8":
        raise RefusedError(f"the image's dtype is {_shown(header.get('dtype'))}, expected 'uint8'")
    shape = header.get("shape")
    if not isinstance(shape, list) or not all(type(side) is int for side in shape):
        raise RefusedError("the image's shape is not a list of whole numbers")
    _check_shape(shape, len(body))
    return tuple(shape)


def _shown(value: object) -> str:
    # Only a text: a list may be nested so deeply that Python can't print it.
    return repr(value[:20]) if isinstance(value, str) else "not a text"


def _check_shape(shape: list[int], size: int) -> None:
    plausible = len(shape) in {2, 3} and all(1 <= side <= MAX_JPEG_SIDE for side in shape[:2])
    channels = shape[2] if len(shape) == 3 else 1
    if not plausible or channels not in {1, 3, 4}:
        raise RefusedError(f"the image's shape {str(shape)[:60]} is not rows, columns and 1, 3 or 4 channels")
    if shape[0] * shape[1] * channels != size:
        raise RefusedError(f"the image's shape {shape} does not fit its {size} bytes")
