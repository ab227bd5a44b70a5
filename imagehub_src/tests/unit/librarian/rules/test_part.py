"""The part that watches rules, in the librarian."""

import threading
import time
from pathlib import Path

from happenings import rule, world
from imagehub.librarian import rules
from imagehub.librarian.arrivals import Arrivals
from imagehub.librarian.rules.part import check
from imagehub.librarian.rules.watching import begin


def test_what_arrives_is_looked_at_and_announced_to_those_who_send(tmp_path: Path) -> None:
    """Within the thread of the part."""
    arrivals, filled, stop, full = Arrivals(), Arrivals(), threading.Event(), threading.Event()
    with world(tmp_path) as barn, filled.listening(full.set):
        begin(barn.engine)
        barn.add_rule(rule(trigger="event"))
        barn.event(barn.camera(), time.time_ns() // 1000)
        thread = threading.Thread(target=rules.part(barn.engine, tmp_path, arrivals, filled), args=(stop,))
        thread.start()
        try:
            assert full.wait(30)
        finally:
            stop.set()
            thread.join()
        assert len(barn.outbox()) == 1


def test_the_disk_is_that_of_the_images(tmp_path: Path) -> None:
    """Which need not be there yet."""
    with world(tmp_path) as barn:
        barn.add_rule(rule(trigger="disk", free_bytes=1 << 60))
        assert check(barn.engine, tmp_path) == 1
        (tmp_path / "images").mkdir()
        assert check(barn.engine, tmp_path) == 0
