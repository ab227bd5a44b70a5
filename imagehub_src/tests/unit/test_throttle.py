"""The same text is told at once, then once a minute with a count."""

import threading

from imagehub.testing import FakeClock
from imagehub.throttle import MAX_TEXTS, OTHERS, Fields, Throttle

BARN = {"node": "Barn"}


class Heard:
    """A throttle, its clock, and what it said."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.said: list[tuple[str, Fields]] = []
        self.throttle = Throttle(lambda text, fields: self.said.append((text, fields)), self.clock.monotonic)

    def texts(self) -> list[str]:
        """Return the texts that were said, and forget them."""
        texts = [text for text, _ in self.said]
        self.said.clear()
        return texts


def test_a_text_is_told_at_once_with_its_fields() -> None:
    """Whoever watches the log learns of a fault when it happens."""
    heard = Heard()
    heard.throttle.tell("disk full", BARN)
    assert heard.said == [("disk full", BARN)]


def test_repeats_are_counted_and_told_when_the_minute_is_over() -> None:
    """Within a minute a text is told once; then comes how often it was repeated, with the same fields."""
    heard = Heard()
    for _ in range(8):
        heard.throttle.tell("disk full", BARN)
        heard.clock.pass_(7)
        heard.throttle.flush()
    assert heard.texts() == ["disk full"]
    heard.clock.pass_(4)
    heard.throttle.flush()
    assert heard.said == [("disk full (7 more within a minute)", BARN)]


def test_what_was_not_repeated_is_not_told_again() -> None:
    """A single fault leaves a single line."""
    heard = Heard()
    heard.throttle.tell("disk full", {})
    heard.clock.pass_(61)
    heard.throttle.flush()
    assert heard.texts() == ["disk full"]


def test_after_the_minute_a_text_is_told_at_once_again() -> None:
    """A fault that comes back is news."""
    heard = Heard()
    for _ in range(2):
        heard.throttle.tell("disk full", {})
        heard.clock.pass_(60)
        heard.throttle.flush()
    assert heard.texts() == ["disk full", "disk full"]


def test_different_texts_do_not_hold_each_other_back() -> None:
    """Two cameras with a fault each are told both."""
    heard = Heard()
    for text in ("Barn: no JPEG", "Porch: no JPEG", "Barn: no JPEG"):
        heard.throttle.tell(text, {})
    assert heard.texts() == ["Barn: no JPEG", "Porch: no JPEG"]


def test_more_texts_than_can_be_remembered_share_one_line() -> None:
    """A sender that finds ever new ways to fail fills neither log nor memory, and is counted."""
    heard = Heard()
    for number in range(MAX_TEXTS + 100):
        heard.throttle.tell(f"fault {number}", BARN)
    assert heard.said[MAX_TEXTS:] == [(OTHERS, {})]
    heard.texts()
    heard.clock.pass_(60)
    heard.throttle.flush()
    assert heard.texts() == [f"{OTHERS} (99 more within a minute)"]
    heard.throttle.tell("fault 700", {})
    assert heard.texts() == ["fault 700"]


def test_threads_may_tell_at_the_same_time() -> None:
    """Of what several threads tell none is lost: it is said once, and all the others are counted."""
    heard = Heard()

    def tell() -> None:
        for _ in range(500):
            heard.throttle.tell("disk full", {})

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    heard.clock.pass_(60)
    heard.throttle.flush()
    assert heard.texts() == ["disk full", "disk full (1999 more within a minute)"]
