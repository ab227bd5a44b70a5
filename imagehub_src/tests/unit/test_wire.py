"""What a node says, as typed values; whatever it says, a value or a refusal."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_cases import Case, cases
from imagehub import wire
from imagehub.errors import RefusedError
from imagehub.wire import EventMessage, Heartbeat, ImageMessage

JPEG = b"\xff\xd8 picture"
KINDS = {"image": ImageMessage, "event": EventMessage, "heartbeat": Heartbeat, "test": wire.TestImage}


def header(text: object, **more: Any) -> bytes:
    """Return a header as imagezmq writes it."""
    return json.dumps({"msg": text, **more}).encode()


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_each_message_of_the_corpus_comes_out_as_it_must(case: Case) -> None:
    """Every case is read as its kind, or refused with its reason."""
    if case.outcome == "refused":
        with pytest.raises(RefusedError) as refusal:
            wire.parse(case.frames)
        assert str(refusal.value).startswith(case.reason)
    else:
        assert type(wire.parse(case.frames)) is KINDS[case.outcome]


def test_node_and_view_are_parted_at_the_first_space() -> None:
    """The node is the name up to its first space, the view is the rest."""
    assert wire.camera("JeffOffice Window west") == ("JeffOffice Window west", "JeffOffice", "Window west")
    assert wire.camera(" Barn ") == ("Barn", "Barn", "")


def test_text_type_and_id_are_kept_as_they_came() -> None:
    """An event keeps its whole text, its type word as written, and the sender's id."""
    event = wire.parse([header("Barn|Temp|68 F", id="a1"), JPEG])
    assert isinstance(event, EventMessage)
    assert (event.text, event.type, event.id, event.body) == ("Barn|Temp|68 F", "Temp", "a1", JPEG)


@pytest.mark.parametrize("shape", [[2, 5], [2, 5, 1], [1, 2, 3], [2, 1, 4]])
def test_arrays_keep_their_shape(shape: list[int]) -> None:
    """Rows, columns and 1, 3 or 4 channels of uint8 are an image."""
    size = shape[0] * shape[1] * (shape[2] if len(shape) == 3 else 1)
    image = wire.parse([header("Barn|image", dtype="uint8", shape=shape), bytes(size)])
    assert isinstance(image, ImageMessage)
    assert image.shape == tuple(shape)


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_any_frames_are_read_or_refused(frames: list[bytes]) -> None:
    """Bytes of any kind never raise anything but a refusal."""
    read_or_refuse(frames)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["msg", "dtype", "shape", "id", "taken", "x"]), json_values),
    st.binary(max_size=50),
)
def test_any_json_header_is_read_or_refused(members: dict[str, Any], body: bytes) -> None:
    """Members of any type under the known names never raise anything but a refusal."""
    read_or_refuse([json.dumps(members).encode(), body])


@given(st.text(max_size=120), st.sampled_from(["jpg", "image", "Heartbeat", "motion", ""]))
def test_any_name_is_safe_or_refused(name: str, kind: str) -> None:
    """A name that is accepted has no path separator, no control or format character and no leading dot."""
    message = read_or_refuse([header(f"{name}|{kind}|"), JPEG])
    if message is not None and not isinstance(message, wire.TestImage):
        assert message.camera.name.replace(" ", "a").replace("_", "a").isprintable()
        assert not set("/\\\0|") & set(message.camera.name)
        assert not message.camera.name.startswith(".")


@pytest.mark.parametrize("shape", [[2**40, 2**40, 3], [65_500, 65_500, 3], [10**30, 1]])
def test_nothing_is_allocated_because_a_message_says_so(shape: list[int]) -> None:
    """A shape of exabytes is compared with the bytes that are there, and refused."""
    with pytest.raises(RefusedError, match="the image's shape"):
        wire.parse([header("Barn|image", dtype="uint8", shape=shape), b"x" * 9])


def read_or_refuse(frames: list[bytes]) -> wire.Message | None:
    """Return the message, or None where it is refused; let anything else fail the test."""
    try:
        return wire.parse(frames)
    except RefusedError:
        return None


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2026-11-21T02:00:00.123456+01:00", "2026-11-21T02:00:00.123456+01:00"),
        ("2026-11-21T02:00:00Z", "2026-11-21T02:00:00.000000+00:00"),
        ("2026-11-21 02:00:00.5-0930", "2026-11-21T02:00:00.500000-09:30"),
        ("20261121T020000+01", "2026-11-21T02:00:00.000000+01:00"),
    ],
)
@pytest.mark.parametrize("kind", ["jpg", "motion"])
def test_when_it_was_taken_is_kept_in_one_form(said: str, kept: str, kind: str) -> None:
    """ISO 8601 with an offset from UTC, for images and for events; the offset stays the sender's."""
    message = wire.parse([header(f"Barn|{kind}|", taken=said), JPEG])
    assert isinstance(message, EventMessage | ImageMessage)
    assert message.taken == kept


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-21T02:00:00",  # whose night?
        "2026-11-21",
        "1999-12-31T23:59:59+00:00",
        "2101-01-01T00:00:00+00:00",
        "2026-11-21T02:00:00.123456+01:00".ljust(41),
        "2026-11-21T25:00:00+01:00",
        "٢٠٢٦-11-21T02:00:00+01:00",
        "yesterday", "", 1795222800, True, None, [], {"time": 1},
    ],
)  # fmt: skip
def test_a_time_that_is_none_is_left_out_and_nothing_is_refused(said: object) -> None:
    """A clock that is wrong is no reason to lose a picture."""
    message = wire.parse([header("Barn|jpg|", taken=said), JPEG])
    assert isinstance(message, ImageMessage)
    assert message.taken == wire.TAKEN_UNREADABLE
    assert not message.taken


def test_who_says_no_time_has_none() -> None:
    """Stock senders don't say when a picture was taken."""
    message = wire.parse([header("Barn|jpg|"), JPEG])
    assert isinstance(message, ImageMessage)
    assert message.taken is None
