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
    st.dictionaries(st.sampled_from(["msg", "dtype", "shape", "id", "x"]), json_values),
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
