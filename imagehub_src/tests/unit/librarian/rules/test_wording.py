"""What a notification says."""

from datetime import UTC, timedelta, timezone

from happenings import MINUTE, NOON
from imagehub.librarian.rules import wording
from imagehub.librarian.rules.happening import CameraOf, Happening

BARN = CameraOf("Barn P1", "", True)


def test_an_image_is_told_by_place_and_time() -> None:
    """In the hub's local time."""
    image = Happening("image", "", 1, NOON, "Barn P1|jpg|")
    assert wording.of_happening(image, BARN, timezone(timedelta(hours=1))) == "Barn P1, 2026-11-21 13:00:00"


def test_an_event_is_told_in_the_words_of_its_node() -> None:
    """Without the bars between them."""
    event = Happening("event", "", 1, NOON, "Barn P1|Temp|72 F|")
    assert wording.of_happening(event, BARN, UTC).splitlines()[1] == "Temp 72 F"


def test_a_silence_is_told_in_minutes() -> None:
    """And since when."""
    said = wording.of_silence(NOON, NOON + 12 * MINUTE, BARN, UTC)
    assert said == "Barn P1 has been silent for 12 minutes: nothing since 2026-11-21 12:00:00."


def test_a_low_disk_is_told_in_gibibytes() -> None:
    """With the limit."""
    said = wording.of_disk(1 << 30, 5 << 30)
    assert said == "1.0 GiB are free on the hub's disk, less than 5.0 GiB."
