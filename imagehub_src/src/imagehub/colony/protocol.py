"""The messages between conductor and agent: JSON, checked to the last field on both sides, whoever sent it.

A request is one frame `{"id", "ask", ...}`. A reply is a frame `{"id", "ok", "why", "state", ...}`, which the bytes of
a file follow as a second frame where `fetch` asked for them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from imagehub.colony import names
from imagehub.colony.recording.plan import Plan
from imagehub.errors import ImagehubError
from imagehub.node.cameras.camera import Mode

MAX_REQUEST_BYTES = 64 << 10
MAX_REPLY_BYTES = 4 << 20
MAX_FETCH_BYTES = 1 << 20
LONGEST_TEXT = 4096
DEFAULT_PORT = 54545


class ProtocolError(ImagehubError):
    """A message is not one of this protocol; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of an agent; `fields` are those of its ask, checked."""

    id: str
    ask: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What an agent answered; `why` says why not where it is not `ok`. `data` are bytes of a file."""

    id: str
    ok: bool
    why: str
    state: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    data: bytes = b""


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT and value.isprintable()


def _whole(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 63


def _number(value: Any) -> bool:
    return type(value) in {int, float} and abs(value) < 1e18


def _truth(value: Any) -> bool:
    return type(value) is bool


def _mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _port_or_none(value: Any) -> bool:
    return value is None or (type(value) is int and 0 < value <= 65535)


def _pin(value: Any) -> bool:
    return type(value) is int and -1 <= value <= 40


Fields = Mapping[str, Callable[[Any], bool]]

_SESSION: Fields = {"group": _text, "name": _text, "instance": _text}
_TERMS: Fields = {
    "source": _text,
    "data_path": _text,
    "lost_conductor_seconds": lambda value: _number(value) and value > 0,
}
ASKS: Mapping[str, Fields] = {
    "state": {},
    "clock": {},
    "clock_source": {},
    "preview": {"mode": _mapping, "port": lambda value: value is not None and _port_or_none(value), "source": _text},
    "arm": {"plan": _mapping, **_TERMS},
    "start": {"at_ns": _whole},
    "stop": {},
    "disarm": {},
    "files": {"data_path": _text, **_SESSION},
    "sum": {"data_path": _text, **_SESSION, "path": _text},
    "fetch": {
        "data_path": _text,
        **_SESSION,
        "path": _text,
        "offset": _whole,
        "size": lambda value: _whole(value) and 0 < value <= MAX_FETCH_BYTES,
    },
    "log": {"since": _whole},
}
"""What may be asked, and with which fields; each of them must be there, and no other."""

_MODE: Fields = {"resolution": _mapping, "framerate": _number, "vflip": _truth, "hflip": _truth, "controls": _mapping}
_PLAN: Fields = {
    "instance": _text,
    "acquisition_name": _text,
    "acquisition_group": _text,
    "acquisition_time": _text,
    "mode": _mapping,
    "save_data": _truth,
    "max_seconds": lambda value: _number(value) and 0 < value <= 86_400,
    "ttl_in_pin": _pin,
    "ttl_out_pin": _pin,
    "ttl_out_duration": lambda value: _number(value) and 0 <= value <= 10,
    "stream_port": _port_or_none,
    "quality": lambda value: type(value) is int and 1 <= value <= 51,
    "metadata": _mapping,
}


def encode(request: Request) -> bytes:
    """Return a request as it goes over the wire."""
    return json.dumps({"id": request.id, "ask": request.ask, **request.fields}).encode()


def decode(data: bytes) -> Request:
    """Return the request in some bytes; raise ProtocolError where they are none."""
    if len(data) > MAX_REQUEST_BYTES:
        raise ProtocolError(f"the request has {len(data)} bytes; {MAX_REQUEST_BYTES} are allowed")
    found = _object(data)
    number, ask = found.pop("id", None), found.pop("ask", None)
    if not _text(number) or not 0 < len(number) <= 64:
        raise ProtocolError("the request has no id, a text of up to 64 characters")
    if not isinstance(ask, str) or ask not in ASKS:
        raise ProtocolError(f"{str(ask)[:40]!r} can't be asked; {', '.join(ASKS)} can")
    _check_fields(ask, found, ASKS[ask])
    return Request(number, ask, found)


def encode_reply(reply: Reply) -> list[bytes]:
    """Return the frames of a reply."""
    head = {"id": reply.id, "ok": reply.ok, "why": reply.why, "state": reply.state, **reply.fields}
    return [json.dumps(head).encode(), *([reply.data] if reply.data else [])]


def decode_reply(frames: list[bytes]) -> Reply:
    """Return the reply in some frames; raise ProtocolError where they are none."""
    if not 1 <= len(frames) <= 2:
        raise ProtocolError(f"a reply of {len(frames)} frames")
    found = _object(frames[0])
    head = [found.pop(name, None) for name in ("id", "ok", "why", "state")]
    number, ok, why, state = head
    if not (_text(number) and _truth(ok) and isinstance(why, str) and _text(state)):
        raise ProtocolError("a reply without id, ok, why and state")
    return Reply(number, ok, why[:LONGEST_TEXT], state, found, frames[1] if len(frames) > 1 else b"")


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as the field of a request."""
    fields = {name: getattr(plan, name) for name in _PLAN if name not in {"mode", "metadata"}}
    return {**fields, "mode": mode_to_json(plan.mode), "metadata": dict(plan.metadata)}


def plan_from_json(found: Mapping[str, Any]) -> Plan:
    """Return the plan in a field; raise ProtocolError or NameRefusedError where it is none that may be carried out."""
    _check_fields("plan", found, _PLAN)
    names.instance(found["instance"])
    names.acquisition(found["acquisition_name"])
    names.group(found["acquisition_group"])
    names.acquisition(found["acquisition_time"])
    return Plan(**{**found, "mode": mode_from_json(found["mode"])})


def mode_to_json(mode: Mode) -> dict[str, Any]:
    """Return a camera's mode as the field of a request."""
    width, height = mode.resolution
    shape = {"width": width, "height": height}
    flips = {"vflip": mode.vflip, "hflip": mode.hflip}
    return {"resolution": shape, "framerate": mode.framerate, **flips, "controls": dict(mode.controls)}


def mode_from_json(found: Mapping[str, Any]) -> Mode:
    """Return the mode in a field; raise ProtocolError where it is none."""
    _check_fields("mode", found, _MODE)
    width, height = (found["resolution"].get(name) for name in ("width", "height"))
    if not (_whole(width) and _whole(height) and 16 <= width <= 10_000 and 16 <= height <= 10_000):
        raise ProtocolError("mode: resolution is not width and height from 16 to 10000")
    if not 0 < found["framerate"] <= 1000:
        raise ProtocolError("mode: framerate is not above 0, up to 1000")
    controls = {
        str(name): tuple(value) if isinstance(value, list) else value for name, value in found["controls"].items()
    }
    return Mode((width, height), found["framerate"], found["vflip"], found["hflip"], controls)


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("the message is no JSON") from error
    if not isinstance(found, dict):
        raise ProtocolError("the message is no JSON object")
    return found


def _check_fields(what: str, found: Mapping[str, Any], wanted: Fields) -> None:
    for name in found:
        if name not in wanted:
            raise ProtocolError(f"{what}: unknown field {name[:40]!r}")
    for name, fits in wanted.items():
        if name not in found:
            raise ProtocolError(f"{what}: no field {name!r}")
        if not fits(found[name]):
            raise ProtocolError(f"{what}: the field {name!r} is not what it should be")
