"""Midnight, and clocks that are set: the hub runs under libfaketime, which tells it the time that a test wants."""

from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from imagehub import check
from imagehub.journal import read
from ledger import Ledger, digests
from other_clocks import starting_at
from running import Node, RunningHub, running_hub, until

# POSIX says it without a database of time zones: summer time is from the last Sunday of March to that of October.
CENTRAL_EUROPE = "CET-1CEST,M3.5.0,M10.5.0/3"
OLD_DAY, NEW_DAY = "2026-03-14", "2026-03-15"
BEFORE_MIDNIGHT = f"{OLD_DAY}T23:59:56+00:00"
SENDERS = 4


def days(hub: RunningHub) -> list[str]:
    """Return the days that have images."""
    return sorted(path.name for path in (hub.data / "images").glob("*"))


def lines(path: Path) -> list[str]:
    """Return the lines of a log."""
    return path.read_text().splitlines()


def has_stored_on(hub: RunningHub, node: Node, day: str) -> bool:
    """Send an event and an image, and tell whether there are images of that day now."""
    assert node.send("Porch|motion|moving") == "OK"
    assert node.send("Porch P1|jpg|") == "OK"
    return day in days(hub)


def test_at_midnight_everything_turns_over_and_nothing_is_lost(tmp_path: Path) -> None:
    """Under load each image, journal line and log line lies in the folder and file of its own day."""
    with running_hub(tmp_path, starting_at(BEFORE_MIDNIGHT)) as hub, Node(hub.endpoint) as node:
        ledger = Ledger(hub.endpoint, SENDERS, rate=0.0)
        ledger.start()
        assert has_stored_on(hub, node, OLD_DAY)
        until(partial(has_stored_on, hub, node, NEW_DAY), "midnight")
        # The ledger's images may have begun the day: the log turns over with the first event.
        assert node.send("Porch|motion|still") == "OK"
        ledger.wait_for(100)
        assert ledger.finish() == 0
        today = hub.status()["today"]
        hub.stop()
    assert days(hub) == [OLD_DAY, NEW_DAY]
    assert [path for path in hub.images() if path.parent.name not in path.name] == []
    # What was accepted before midnight and answered after it is counted with the new day.
    assert 0 <= today["images"] - len(list((hub.data / "images" / NEW_DAY).iterdir())) <= SENDERS + 1
    for day, log in ((OLD_DAY, f"imagehub.log.{OLD_DAY}"), (NEW_DAY, "imagehub.log")):
        assert {line[:10] for line in lines(hub.data / "logs" / log)} == {day}
        segment = hub.data / "journal" / f"{day}.jsonl"
        assert {line.partition('"time":"')[2][:10] for line in lines(segment)} == {day}
    assert not ledger.refused()
    assert ledger.acknowledged() <= set(digests(hub.images()))
    assert check.check(hub.data).differences == []


def test_the_daily_limit_begins_anew_at_midnight(tmp_path: Path) -> None:
    """Images that are over the limit are refused until midnight, and then as many as the day before are stored."""
    with running_hub(tmp_path, starting_at(BEFORE_MIDNIGHT), max_images_write=2) as hub, Node(hub.endpoint) as node:
        assert [node.send("Barn P1|jpg|") for _ in range(3)] == ["OK", "OK", "NOT STORED daily limit"]
        until(lambda: node.send("Barn P1|jpg|") == "OK", "midnight")
        assert [node.send("Barn P1|jpg|") for _ in range(2)] == ["OK", "NOT STORED daily limit"]
    assert [path.parent.name for path in hub.images()] == [OLD_DAY] * 2 + [NEW_DAY] * 2


def test_a_clock_that_is_set_back_disturbs_no_order(tmp_path: Path) -> None:
    """After midnight the clock returns to the evening before: the journal goes on in a new segment, in order."""
    with running_hub(tmp_path, starting_at(BEFORE_MIDNIGHT)) as hub, Node(hub.endpoint) as node:
        assert has_stored_on(hub, node, OLD_DAY)
        until(partial(has_stored_on, hub, node, NEW_DAY), "midnight")
        evening = len(list((hub.data / "images" / OLD_DAY).iterdir()))
        hub.wait_replaced(hub.kill_store())  # libfaketime counts from the start of a process
        assert has_stored_on(hub, node, OLD_DAY)
        assert len(list((hub.data / "images" / OLD_DAY).iterdir())) > evening
        hub.stop()
    assert (hub.data / "journal" / f"{OLD_DAY}.2.jsonl").is_file()
    sequences = [entry["sequence"] for entry, _ in read(hub.data / "journal")]
    assert sequences == list(range(1, len(sequences) + 1))
    assert check.check(hub.data).differences == []


@pytest.mark.parametrize(
    ("start", "after"),
    [("2026-03-29T01:59:58+01:00", "+02:00"), ("2026-10-25T02:59:58+02:00", "+01:00")],
    ids=["spring", "autumn"],
)
def test_summer_time_comes_and_goes(tmp_path: Path, start: str, after: str) -> None:
    """The journal's times have their UTC offset: their order stays clear when an hour is skipped or repeated."""
    with running_hub(tmp_path, starting_at(start, CENTRAL_EUROPE)) as hub, Node(hub.endpoint) as node:

        def has_offset(offset: str) -> bool:
            assert node.send("Barn P1|jpg|") == "OK"
            return str(hub.journal()[-1]["time"]).endswith(offset)

        assert has_offset(start[-6:])
        until(partial(has_offset, after), "the change of the clock")
    instants = [datetime.fromisoformat(entry["time"]) for entry in hub.journal()]
    assert instants == sorted(instants)
    assert len(hub.images()) == len(instants)
    assert check.check(hub.data).differences == []
