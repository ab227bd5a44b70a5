"""A message's file gives back what was put in, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from imagehub.node.delivery import letter as letters
from imagehub.node.delivery.letter import DamagedError, Letter
from imagehub.node.delivery.post import Post
from posting import NOON, event, image

POSTS = some.builds(
    Post,
    some.text(some.characters(exclude_categories=["Cs"])),
    some.binary(max_size=200),
    some.datetimes(timezones=some.timezones()).map(lambda when: when.replace(fold=0)),
    some.none() | some.tuples(some.integers(1, 9), some.integers(1, 9), some.just(3)),
)


@given(POSTS)
def test_what_is_written_is_read(post: Post) -> None:
    """Text, body, shape and time with its offset come back as they were."""
    letter = Letter(7, "a1b2.c3d4-7", post)
    back = letters.decode(letters.encode(letter), 7)
    assert (back.id, back.post.text, back.post.body) == (letter.id, post.text, post.body)
    assert back.post.shape == post.shape
    assert back.post.taken.isoformat() == post.taken.isoformat()


@given(some.data())
def test_a_file_that_was_cut_short_or_has_a_wrong_byte_is_known(data: some.DataObject) -> None:
    """A power cut and a bad card leave files that no hub may get."""
    whole = letters.encode(Letter(7, "a1b2.c3d4-7", image(1)))
    at = data.draw(some.integers(0, len(whole) - 1))
    torn = whole[:at]
    wrong = whole[:at] + bytes([whole[at] ^ data.draw(some.integers(1, 255))]) + whole[at + 1 :]
    for damaged in (torn, wrong, whole + b"\0"):
        with pytest.raises(DamagedError):
            letters.decode(damaged, 7)


def test_pictures_events_and_heartbeats_are_told_apart() -> None:
    """The type is compared without regard to case, as the hub does."""
    assert Letter(1, "a-1", image(1)).is_image
    assert Letter(1, "a-1", Post("Barn P1|Image|x", b"", NOON)).is_image
    assert not Letter(1, "a-1", event(1)).is_image
    assert letters.is_heartbeat("Barn|Heartbeat")
    assert not letters.is_heartbeat("Heartbeat P1|jpg")
