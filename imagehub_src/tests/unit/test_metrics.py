"""What was stored, refused and answered is counted: in all, for each camera, and for the day."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubdata import sized_event, sized_image
from imagehub import metrics
from imagehub.metrics import ACK_BUCKETS_SECONDS, CameraRow, Metrics, Tally, percentile
from imagehub.testing import FakeClock
from imagehub.wire import camera

BARN, GATE = camera("Barn P1"), camera("Gate")
LATE = datetime(2026, 3, 14, 23, 59, 59, 900_000, tzinfo=timezone(timedelta(hours=-6)))


@pytest.fixture
def clock() -> FakeClock:
    """A clock that the test moves."""
    return FakeClock()


@pytest.fixture
def counts(clock: FakeClock) -> Metrics:
    """Metrics by that clock."""
    return Metrics(clock.now, clock.monotonic)


def row(counts: Metrics, name: str = "Barn P1") -> CameraRow:
    """Return what is known of a camera."""
    (found,) = [each for each in counts.rows() if each.camera.name == name]
    return found


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_the_smallest_value_that_covers_its_share(values: list[float], share: float) -> None:
    """At least that share of the values don't exceed it, and of no smaller value is that true."""
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values)


def test_a_percentile_of_nothing_is_zero() -> None:
    """Before anything was acknowledged the status shows 0."""
    assert percentile([], 0.99) == 0.0


def test_what_is_stored_is_counted_for_its_camera_and_in_all(counts: Metrics) -> None:
    """Images count with their bytes, events without; each camera has its own row."""
    counts.stored([sized_image(BARN, 1000, "Barn P1|jpg|")])
    counts.stored([sized_event(BARN, 17, "Barn P1|motion|moving")])
    counts.stored([sized_image(GATE, 500, "Gate|jpg|")])
    assert row(counts).today == row(counts).total == Tally(images=1, events=1, bytes=1000)
    assert row(counts, "Gate").today == Tally(images=1, bytes=500)
    assert counts.today == counts.total == Tally(images=2, events=1, bytes=1500)


def test_the_latest_event_is_kept_without_the_name_and_not_whole(counts: Metrics) -> None:
    """The status shows what happened last, in 80 characters at most."""
    counts.stored([sized_event(BARN, 0, "Barn P1|motion|moving")])
    counts.stored([sized_image(BARN, 9, "Barn P1|jpg|a picture is no event")])
    assert row(counts).last_event == "motion|moving"
    counts.stored([sized_event(BARN, 0, "Barn P1|" + "long" * 100)])
    assert row(counts).last_event == "long" * 20


def test_refusals_are_counted_by_reason_and_by_camera(counts: Metrics) -> None:
    """A refusal without a known camera counts in all; the reasons given out are a copy."""
    counts.refused(BARN, "refused")
    counts.refused(None, "refused")
    reasons = counts.not_stored
    counts.refused(BARN, "disk full")
    assert reasons == {"refused": 2}
    assert counts.not_stored == {"refused": 2, "disk full": 1}
    assert row(counts).today.refused == row(counts).total.refused == 2
    assert counts.today.refused == counts.total.refused == 3


def test_every_sign_of_life_counts_as_seen(counts: Metrics, clock: FakeClock) -> None:
    """Heartbeats, images, events, refused and passed over messages all show that the camera lives."""
    for sign in (
        partial(counts.seen, BARN),
        partial(counts.stored, [sized_image(BARN, 1, "Barn P1|jpg|")]),
        partial(counts.stored, [sized_event(BARN, 1, "Barn P1|motion|")]),
        partial(counts.refused, BARN, "refused"),
        partial(counts.passed_over, BARN),
    ):
        clock.pass_(10)
        sign()
        assert row(counts).last_seen == clock.now()
        assert counts.newly_silent(10) == []


def test_names_that_differ_in_spaces_are_one_camera(counts: Metrics) -> None:
    """Prometheus takes one series for each node and view, so two spellings can't have two rows."""
    counts.stored([sized_image(camera("Barn  P1"), 1, "Barn  P1|jpg|")])
    counts.stored([sized_image(camera(" Barn P1"), 1, "Barn P1|jpg|")])
    counts.acknowledged([(BARN, 0.5)])
    (one,) = counts.rows()
    assert (one.today.images, list(one.ack_seconds)) == (2, [0.5])


@pytest.mark.parametrize("ask", ["today", "rows", "stored", "refused"])
def test_a_new_day_counts_from_nothing(clock: FakeClock, ask: str) -> None:
    """At local midnight, not a moment later, the day's counts are 0, whoever asks first; the totals go on."""
    clock.time = LATE
    counts = Metrics(clock.now, clock.monotonic)
    counts.stored([sized_image(BARN, 100, "Barn P1|jpg|")])
    clock.pass_(0.1)
    if ask == "stored":
        counts.stored([sized_image(BARN, 1, "Barn P1|jpg|")])
    elif ask == "refused":
        counts.refused(None, "refused")
    today = row(counts).today if ask == "rows" else counts.today
    assert today == Tally(images=ask == "stored", bytes=ask == "stored", refused=ask == "refused")
    assert counts.total.images == 1 + (ask == "stored")


def test_todays_journal_is_counted_for_the_day(counts: Metrics, clock: FakeClock) -> None:
    """After a restart the day's counts and when a camera was seen are as before; totals begin at 0."""
    time = clock.now() - timedelta(hours=2)
    entry = {"time": time.isoformat(), "node": "Barn", "view": "P1", "text": "Barn P1|motion|"}
    counts.replay(entry | {"kind": "image", "bytes": 1000, "path": "images/x"})
    counts.replay(entry | {"kind": "event"})
    assert counts.today == row(counts).today == Tally(images=1, events=1, bytes=1000)
    assert counts.total == row(counts).total == Tally()
    assert row(counts).last_seen == time
    counts.stored([sized_image(camera("Barn  P1"), 1, "Barn  P1|jpg|")])
    assert counts.today.images == row(counts).today.images == 2


def test_a_journal_with_a_name_that_is_refused_today_is_counted(counts: Metrics, clock: FakeClock) -> None:
    """What was accepted once is history; it does not keep the hub from starting."""
    counts.replay({"time": clock.now().isoformat(), "node": "Barn/1", "view": "", "kind": "event", "text": ""})
    assert counts.today.events == 1


def test_a_camera_is_told_silent_once_for_each_silence(counts: Metrics, clock: FakeClock) -> None:
    """After the patience it is told once; once it has sent again, its next silence is told too."""
    for _ in range(2):
        counts.seen(BARN)
        clock.pass_(599.9)
        assert counts.newly_silent(600) == []
        clock.pass_(0.1)
        assert [each.camera for each in counts.newly_silent(600)] == [BARN]
        clock.pass_(600)
        assert counts.newly_silent(600) == []


@pytest.mark.parametrize("rate", [0.5, 5, 30])
def test_the_rate_is_that_of_the_last_seconds(counts: Metrics, clock: FakeClock, rate: float) -> None:
    """A camera that sends steadily shows its rate within a tenth or a fifth of an image; one that stops shows none."""
    for _ in range(int(60 * rate)):
        counts.stored([sized_image(BARN, 1, "Barn P1|jpg|")])
        clock.pass_(1 / rate)
    shown = row(counts).rate_at(clock.monotonic())
    assert shown == pytest.approx(rate, abs=max(rate / 10, 0.2))
    clock.pass_(60)
    assert row(counts).rate_at(clock.monotonic()) < 0.001


def test_acknowledgements_fall_into_their_buckets(counts: Metrics) -> None:
    """A time counts in the first bucket whose edge it does not exceed, or beyond the last."""
    for seconds in (0.0005, 0.001, 0.0011, 60, 61):
        counts.acknowledged([(None, seconds)])
    assert counts.ack_buckets[:2] == [2, 1]
    assert counts.ack_buckets[-2:] == [1, 1]
    assert len(counts.ack_buckets) == len(ACK_BUCKETS_SECONDS) + 1
    assert counts.ack_count == 5
    assert counts.ack_sum_seconds == pytest.approx(121.0026)


def test_percentiles_are_of_the_latest_acknowledgements(counts: Metrics) -> None:
    """Yesterday's slow hour does not hide what today is like."""
    for seconds in [9.0] * 5000 + [0.001] * 4096:
        counts.acknowledged([(None, seconds)])
    assert (counts.ack_percentile(0.5), counts.ack_percentile(1.0)) == (0.001, 0.001)
    assert counts.ack_count == 9096


def test_the_document_shows_each_camera(counts: Metrics, clock: FakeClock) -> None:
    """The status has a row a camera, by name, with what it did today and how long it has been silent."""
    counts.seen(GATE)
    counts.stored([sized_image(BARN, 1000, "Barn P1|jpg|")])
    counts.stored([sized_event(BARN, 0, "Barn P1|motion|moving")])
    counts.passed_over(BARN)
    counts.refused(BARN, "refused")
    counts.acknowledged([(BARN, 0.25)])
    clock.pass_(3)
    barn, gate = counts.nodes_document()
    assert barn == {
        "node": "Barn", "view": "P1", "last_seen": "2026-03-14T09:26:53.589793+00:00", "silent_seconds": 3.0,
        "images_today": 1, "events_today": 1, "bytes_today": 1000, "images_per_second": 0.11,
        "ack_p99_seconds": 0.25, "refused": 1, "passed_over": 1, "last_event": "motion|moving",
    }  # fmt: skip
    assert (gate["node"], gate["view"], gate["images_today"]) == ("Gate", "", 0)


def test_a_clock_that_is_set_back_shows_no_negative_silence(counts: Metrics, clock: FakeClock) -> None:
    """A camera seen `later` than now was seen just now."""
    counts.seen(BARN)
    clock.time -= timedelta(hours=1)
    assert counts.nodes_document()[0]["silent_seconds"] == 0.0


def test_memory_for_cameras_is_bounded(counts: Metrics, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where senders make up names the one that was silent longest is forgotten, not the busy ones."""
    monkeypatch.setattr(metrics, "MAX_CAMERAS", 3)
    for name in ("A", "B", "C", "A", "D", "E"):
        clock.pass_(1)
        counts.seen(camera(name))
    assert [each.camera.name for each in counts.rows()] == ["A", "D", "E"]


def test_threads_may_count_at_the_same_time(counts: Metrics) -> None:
    """No count is lost between the thread that takes and the thread that commits."""

    def count() -> None:
        for _ in range(1000):
            counts.stored([sized_image(BARN, 1, "Barn P1|jpg|")])
            counts.acknowledged([(BARN, 0.001)])
            counts.repeated()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (counts.total.images, counts.ack_count, counts.repeats) == (4000, 4000, 4000)


def test_days_are_those_of_the_clock_that_is_given() -> None:
    """The day is the local one of the clock, whatever UTC says."""
    clock = FakeClock(LATE.astimezone(UTC))
    counts = Metrics(clock.now, clock.monotonic)
    counts.stored([sized_image(BARN, 1, "Barn P1|jpg|")])
    clock.pass_(0.1)
    assert counts.today.images == 1
