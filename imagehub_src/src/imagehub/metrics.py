"""What the hub counts, for the status, for Prometheus and for patience: one row a camera and the totals."""

import math
import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from imagehub.journal import Entry
from imagehub.wire import Camera, EventMessage, ImageMessage

MAX_CAMERAS = 10_000
RATE_SECONDS = 5.0
ACK_BUCKETS_SECONDS = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_RECENT_OF_ALL = 4096
_RECENT_OF_CAMERA = 128


def percentile(values: Iterable[float], share: float) -> float:
    """Return the smallest value that at least `share` of the values don't exceed; 0 where there are none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


@dataclass(slots=True)
class Tally:
    """What was stored or refused in a span of time."""

    images: int = 0
    events: int = 0
    bytes: int = 0
    refused: int = 0


@dataclass(slots=True)
class CameraRow:
    """What is known of one camera. `rate` is in images a second, as of `rate_time` (monotonic seconds)."""

    camera: Camera
    last_seen: datetime
    last_seen_monotonic: float
    today: Tally = field(default_factory=Tally)
    total: Tally = field(default_factory=Tally)
    passed_over: int = 0
    last_event: str = ""
    rate: float = 0.0
    rate_time: float = 0.0
    told_silent: bool = False
    ack_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT_OF_CAMERA))

    def count_rate(self, now: float) -> None:
        """Count one image in a rate that forgets with a time constant of RATE_SECONDS."""
        self.rate = self.rate_at(now) + 1 / RATE_SECONDS
        self.rate_time = now

    def rate_at(self, now: float) -> float:
        """Return the rate, in images a second."""
        return self.rate * math.exp(-(now - self.rate_time) / RATE_SECONDS)


class Metrics:
    """Counts from several threads; every public method takes the lock for as short as it can."""

    def __init__(self, clock: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._day = date.min
        self._rows: dict[tuple[str, str], CameraRow] = {}
        self._today = Tally()
        self.total = Tally()
        self._not_stored: dict[str, int] = {}
        self.repeats = 0
        self.commands_handed_over = 0
        self.ack_count = 0
        self.ack_sum_seconds = 0.0
        self.ack_buckets = [0] * (len(ACK_BUCKETS_SECONDS) + 1)
        self._ack_recent: deque[float] = deque(maxlen=_RECENT_OF_ALL)

    def replay(self, entry: Entry) -> None:
        """Count an entry of today's journal, when the hub starts."""
        node, view = entry["node"], entry["view"]
        with self._lock:
            self._turn_day(self._clock())
            who = Camera(f"{node} {view}".strip(), node, view)
            row = self._row(who, datetime.fromisoformat(entry["time"]), self._monotonic())
            for tally in (row.today, self._today):
                _count(tally, entry["kind"], entry.get("bytes", 0))

    def seen(self, who: Camera) -> None:
        """A camera gave a sign of life."""
        now = self._clock()
        with self._lock:
            self._turn_day(now)
            self._touch(who, now, self._monotonic())

    def stored(self, messages: Sequence[ImageMessage | EventMessage]) -> None:
        """These images and events were stored just now."""
        if not messages:
            return
        now, monotonic = self._clock(), self._monotonic()
        with self._lock:
            self._turn_day(now)
            for message in messages:
                row = self._touch(message.camera, now, monotonic)
                kind = "image" if isinstance(message, ImageMessage) else "event"
                for tally in (row.today, row.total, self._today, self.total):
                    _count(tally, kind, len(message.body))
                if kind == "image":
                    row.count_rate(monotonic)
                else:
                    row.last_event = message.text.partition("|")[2][:80]

    def acknowledged(self, answers: Sequence[tuple[Camera | None, float]]) -> None:
        """Answers were given: to whom, and how many seconds after the request was received."""
        with self._lock:
            for who, seconds in answers:
                self.ack_count += 1
                self.ack_sum_seconds += seconds
                self.ack_buckets[bisect_left(ACK_BUCKETS_SECONDS, seconds)] += 1
                self._ack_recent.append(seconds)
                row = self._rows.get((who.node, who.view)) if who else None
                if row is not None:
                    row.ack_seconds.append(seconds)

    def refused(self, who: Camera | None, reason: str) -> None:
        """A message was answered NOT STORED; `reason` is one of a few words, not a text of the sender's."""
        now = self._clock()
        with self._lock:
            self._turn_day(now)
            self._not_stored[reason] = self._not_stored.get(reason, 0) + 1
            rows = [self._touch(who, now, self._monotonic())] if who else []
            for tally in (self._today, self.total, *(tally for row in rows for tally in (row.today, row.total))):
                tally.refused += 1

    def repeated(self) -> None:
        """A request came that was stored before, and was answered without storing it again."""
        with self._lock:
            self.repeats += 1

    def handed_over(self) -> None:
        """A command went to its node with a reply."""
        with self._lock:
            self.commands_handed_over += 1

    def passed_over(self, who: Camera) -> None:
        """A published image made way for a newer one of its camera."""
        now = self._clock()
        with self._lock:
            self._turn_day(now)
            self._touch(who, now, self._monotonic()).passed_over += 1

    @property
    def today(self) -> Tally:
        """What was stored and refused since midnight."""
        with self._lock:
            self._turn_day(self._clock())
            return self._today

    @property
    def not_stored(self) -> dict[str, int]:
        """How many messages were answered NOT STORED, by reason."""
        with self._lock:
            return dict(self._not_stored)

    def rows(self) -> list[CameraRow]:
        """Return the cameras in the order of their names."""
        with self._lock:
            self._turn_day(self._clock())
            return sorted(self._rows.values(), key=lambda row: row.camera.name)

    def newly_silent(self, patience_seconds: float) -> list[CameraRow]:
        """Return cameras that were seen before and have been silent for longer, each once per silence."""
        now = self._monotonic()
        with self._lock:
            rows = [row for row in self._rows.values() if now - row.last_seen_monotonic >= patience_seconds]
            fresh = [row for row in rows if not row.told_silent]
            for row in fresh:
                row.told_silent = True
        return fresh

    def ack_percentile(self, share: float) -> float:
        """Return a percentile of the latest acknowledgements, in seconds."""
        with self._lock:
            recent = list(self._ack_recent)
        return percentile(recent, share)

    def nodes_document(self) -> list[dict[str, object]]:
        """Return the rows as `imagehub status --json` shows them."""
        now, time_now = self._monotonic(), self._clock()
        return [
            {
                "node": row.camera.node,
                "view": row.camera.view,
                "last_seen": row.last_seen.isoformat(),
                "silent_seconds": max(0.0, (time_now - row.last_seen).total_seconds()),
                "images_today": row.today.images,
                "events_today": row.today.events,
                "bytes_today": row.today.bytes,
                "images_per_second": round(row.rate_at(now), 2),
                "ack_p99_seconds": percentile(row.ack_seconds, 0.99),
                "refused": row.today.refused,
                "passed_over": row.passed_over,
                "last_event": row.last_event,
            }
            for row in self.rows()
        ]

    def _touch(self, who: Camera, now: datetime, monotonic: float) -> CameraRow:
        row = self._row(who, now, monotonic)
        row.told_silent = False
        return row

    def _row(self, who: Camera, last_seen: datetime, monotonic: float) -> CameraRow:
        key = (who.node, who.view)  # two names that differ in their spaces alone are one camera
        row = self._rows.get(key)
        if row is None:
            if len(self._rows) >= MAX_CAMERAS:
                del self._rows[min(self._rows, key=lambda each: self._rows[each].last_seen_monotonic)]
            row = self._rows[key] = CameraRow(who, last_seen, 0.0)
        row.last_seen, row.last_seen_monotonic = last_seen, monotonic
        return row

    def _turn_day(self, now: datetime) -> None:
        day = now.date()
        if day != self._day:
            self._day = day
            self._today = Tally()
            for row in self._rows.values():
                row.today = Tally()


def _count(tally: Tally, kind: str, size: int) -> None:
    if kind == "image":
        tally.images += 1
        tally.bytes += size
    else:
        tally.events += 1
