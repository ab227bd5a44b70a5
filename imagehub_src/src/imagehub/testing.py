"""Fakes that keep the promises of the real parts, for our tests and for programs that build on imagehub."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from imagehub.store import Item, Outcome
from imagehub.wire import EventMessage, ImageMessage


@dataclass
class FakeClock:
    """A clock that stands until it is moved: `now()` is local time with its offset, `monotonic()` seconds."""

    time: datetime = datetime(2026, 3, 14, 9, 26, 53, 589793, tzinfo=UTC)
    seconds: float = 1000.0

    def now(self) -> datetime:
        """Return the time of day."""
        return self.time

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return self.seconds

    def pass_(self, seconds: float) -> None:
        """Let time pass on both clocks; where summer time begins or ends meanwhile, the local time leaps."""
        self.seconds += seconds
        self.time = (self.time.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(self.time.tzinfo)


@dataclass
class MemoryStore:
    """A store in memory. `disk_fault`, if set, is why nothing is written; `flush_fault` why it is not stable."""

    disk_fault: str | None = None
    flush_fault: str | None = None
    stored: list[ImageMessage | EventMessage] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    fault: str | None = None
    _outcomes: dict[str, Outcome] = field(default_factory=dict)
    _uncommitted: list[Item] = field(default_factory=list)

    def item(self, request: str, message: ImageMessage | EventMessage, ticket: Any = None) -> Item:
        """See `Store.item`."""
        known = self._outcomes.get(request)
        if known is not None and known.fault is None:
            return Item(request, None, known, ticket)
        outcome = self._outcomes[request] = Outcome()
        return Item(request, message, outcome, ticket)

    def write(self, items: Sequence[Item]) -> None:
        """See `Store.write`."""
        for item in items:
            if item.message is not None and self.disk_fault is not None:
                self.fault = self.disk_fault
                item.outcome.fail(self.disk_fault)
        self._uncommitted += items

    def commit(self) -> list[Item]:
        """See `Store.commit`."""
        items, self._uncommitted = self._uncommitted, []
        written = [item for item in items if item.message is not None and item.outcome.fault is None]
        if written and self.flush_fault is not None:
            self.fault = self.flush_fault
            for item in items:
                item.outcome.fail(self.flush_fault)
            return items
        self.stored += [item.message for item in written if item.message is not None]
        for item in written:
            item.outcome.stable = True
        return items

    def probe(self) -> bool:
        """See `Store.probe`."""
        if self.disk_fault is None and self.flush_fault is None:
            self.fault = None
        return self.fault is None

    def note(self, text: str) -> None:
        """See `Store.note`."""
        self.notes.append(text)
