"""Losses are told, and not more than once a minute."""

from imagehub.node.delivery.letter import Letter
from imagehub.node.delivery.telling import HUB, LOG, Telling
from imagehub.testing import FakeClock
from posting import event, image


def test_what_was_dropped_is_one_text_a_minute() -> None:
    """However many pictures are lost, a minute has one line with their number and the oldest one's time."""
    clock = FakeClock()
    telling = Telling(clock.monotonic)
    telling.dropped(Letter(1, "a-1", image(5)), "the spool is full")
    assert telling.due(HUB) == ["dropped 1 image, oldest 2026-03-14T12:00:05+01:00, the spool is full"]
    for number in (8, 7, 9):
        telling.dropped(Letter(number, f"a-{number}", image(number)), "the spool is full")
    telling.dropped(Letter(2, "a-2", event(20)), "the spool is full")
    clock.pass_(59)
    assert telling.due(HUB) == []
    clock.pass_(1)
    assert telling.due(HUB) == ["dropped 3 images and 1 event, oldest 2026-03-14T12:00:07+01:00, the spool is full"]
    clock.pass_(100)
    assert telling.due(HUB) == []


def test_the_log_is_told_what_the_hub_is_told() -> None:
    """Each has its own minute: the log hears of losses while no hub answers."""
    telling = Telling(FakeClock().monotonic)
    telling.refused(Letter(1, "a-1", image(5)), "the image is not a JPEG")
    telling.damaged("000000000007.message (the checksum does not fit)")
    telling.note("the spool can't be written (No space left on device): messages wait in memory")
    assert (
        telling.due(LOG)
        == telling.due(HUB)
        == [
            "the spool can't be written (No space left on device): messages wait in memory",
            "refused 1 image, oldest 2026-03-14T12:00:05+01:00, the image is not a JPEG",
            "set aside 1 file, damaged in the spool: 000000000007.message (the checksum does not fit)",
        ]
    )
    assert telling.due(LOG) == []


def test_a_fault_that_comes_and_goes_is_told_once_a_minute() -> None:
    """A loose card does not fill the log."""
    clock = FakeClock()
    telling = Telling(clock.monotonic)
    told = []
    for _ in range(30):
        telling.note("the spool can't be written (Input/output error): messages wait in memory")
        told += telling.due(HUB)
        clock.pass_(5)
    assert len(told) == 3
