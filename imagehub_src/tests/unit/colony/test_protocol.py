"""What comes over the wire is checked to the last field, and comes out as it went in."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from imagehub.colony import names, protocol
from imagehub.colony.protocol import ASKS, MAX_FETCH_BYTES, ProtocolError, Reply, Request
from imagehub.colony.recording.plan import Plan
from imagehub.node.cameras.camera import Mode

PLAN = Plan(
    "left", "barn__first", "barn", "20260131_120000",
    Mode((640, 480), 90, vflip=True, controls={"zoom": (0.0, 0.0, 1.0, 1.0), "awb_mode": "off"}),
    metadata={"description": "above"}, stream_port=8001,
)  # fmt: skip
FETCH = {"data_path": "", "group": "", "name": "a", "instance": "b", "path": "x", "offset": 0, "size": 1}


def test_a_request_comes_out_as_it_went_in() -> None:
    """With its fields."""
    request = Request("7", "start", {"at_ns": 12})
    assert protocol.decode(protocol.encode(request)) == request


def test_a_plan_comes_out_as_it_went_in() -> None:
    """Tuples too, which JSON has not."""
    sent = json.loads(json.dumps(protocol.plan_to_json(PLAN)))
    assert protocol.plan_from_json(sent) == PLAN


def test_a_reply_comes_out_as_it_went_in() -> None:
    """With the bytes of a file behind it."""
    reply = Reply("7", True, "", "idle", {"size": 3}, b"abc")
    assert protocol.decode_reply(protocol.encode_reply(reply)) == reply


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"", "no JSON"),
        (b"[1]", "no JSON object"),
        (b"[" * 50_000, "no JSON"),
        (b'{"ask": "state"}', "no id"),
        (b'{"id": 7, "ask": "state"}', "no id"),
        (b'{"id": "7", "ask": "format disk"}', "'format disk' can't be asked"),
        (b'{"id": "7", "ask": ["state"]}', "can't be asked"),
        (b'{"id": "7", "ask": "state", "more": 1}', "unknown field 'more'"),
        (b'{"id": "7", "ask": "start"}', "no field 'at_ns'"),
        (b'{"id": "7", "ask": "start", "at_ns": 1.5}', "'at_ns' is not what it should be"),
        (b'{"id": "7", "ask": "start", "at_ns": -1}', "'at_ns' is not what it should be"),
        (b'{"id": "7", "ask": "start", "at_ns": true}', "'at_ns' is not what it should be"),
        (b" " * 70_000, "70000 bytes"),
    ],
)
def test_what_is_no_request_is_refused_with_the_reason(message: bytes, why: str) -> None:
    """Nothing else is raised."""
    with pytest.raises(ProtocolError, match=why):
        protocol.decode(message)


@given(some.binary(max_size=200))
def test_no_bytes_raise_anything_else(message: bytes) -> None:
    """Whoever sends them."""
    for decode in (protocol.decode, lambda data: protocol.decode_reply([data])):
        with pytest.raises(ProtocolError):
            decode(message)


@pytest.mark.parametrize("size", [0, MAX_FETCH_BYTES + 1, -1, 1.0])
def test_no_more_of_a_file_can_be_asked_for_than_a_piece(size: Any) -> None:
    """An agent has little memory."""
    request = Request("7", "fetch", {**FETCH, "size": size})
    with pytest.raises(ProtocolError, match="'size'"):
        protocol.decode(protocol.encode(request))


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("instance", "a.b", names.NameRefusedError),
        ("acquisition_name", "../x", names.NameRefusedError),
        ("acquisition_group", "a/b", names.NameRefusedError),
        ("acquisition_time", "..", names.NameRefusedError),
        ("max_seconds", float("nan"), ProtocolError),
        ("max_seconds", 0, ProtocolError),
        ("ttl_in_pin", 41, ProtocolError),
        ("stream_port", 70000, ProtocolError),
        ("metadata", [], ProtocolError),
        ("quality", 0, ProtocolError),
    ],
)
def test_a_plan_that_cant_be_carried_out_is_refused(field: str, value: Any, error: type[Exception]) -> None:
    """Before anything is opened."""
    with pytest.raises(error):
        protocol.plan_from_json({**protocol.plan_to_json(PLAN), field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [("resolution", {"width": 8, "height": 480}), ("framerate", 0), ("framerate", 1e9), ("vflip", 1)],
)
def test_a_mode_that_no_camera_has_is_refused(field: str, value: Any) -> None:
    """By its figures."""
    with pytest.raises(ProtocolError):
        protocol.mode_from_json({**protocol.mode_to_json(PLAN.mode), field: value})


def test_a_reply_of_the_wrong_form_is_refused() -> None:
    """By the conductor, which trusts no agent."""
    for frames in ([], [b"{}"], [b"1", b"2", b"3"], [b'{"id": "7", "ok": 1, "why": "", "state": "idle"}']):
        with pytest.raises(ProtocolError):
            protocol.decode_reply(frames)


def test_what_can_be_asked_is_known() -> None:
    """A new ask needs its fields here."""
    assert set(ASKS) == {
        "state", "clock", "clock_source", "preview", "arm", "start", "stop", "disarm", "files", "sum", "fetch", "log",
    }  # fmt: skip
