"""Messages that wait for a hub: in memory first, then on disk, and always in the order of `put`.

What is on disk is older than all that is in memory. So a card is not written while a hub answers, and the oldest
message is the first on disk or, where none is there, the first in memory.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from imagehub.node.delivery import letter as letters
from imagehub.node.delivery.letter import Letter
from imagehub.node.delivery.numbering import Numbering
from imagehub.node.delivery.post import Post
from imagehub.node.delivery.spool import Spool
from imagehub.node.delivery.telling import Telling

DISK_AGAIN_SECONDS = 5.0
FULL = "the spool is full"
NO_DISK = "memory is full and there is no spool on disk"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much stays in memory: beyond `messages`, `crowded_bytes` or `spill_seconds` it goes to disk.

    `memory_bytes` is what memory holds at most, also while the disk takes nothing. Without a spool `messages` is a
    limit of that kind too.
    """

    messages: int = 50
    crowded_bytes: int = 32 << 20
    memory_bytes: int = 64 << 20
    spill_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class Counts:
    """How many messages wait where, and what became of others since the start, all of one instant."""

    in_memory: int
    on_disk: int
    bytes_on_disk: int
    sent: int
    dropped: int
    refused: int
    disk_fault: str | None


class Waiting:
    """The line. Any thread may `put`; one thread takes from its head, and one other calls `spill`."""

    def __init__(
        self,
        spool: Spool | None,
        numbering: Numbering,
        telling: Telling,
        limits: Limits,
        drop: str,
        monotonic: Callable[[], float],
    ) -> None:
        """`drop` is `oldest` or `newest`: which goes when there is no room."""
        self._spool, self._numbering, self._telling, self._limits = spool, numbering, telling, limits
        self._drops_newest = drop == "newest"
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._memory: dict[int, tuple[Letter, float]] = {}
        self._memory_bytes = 0
        self._flying: int | None = None
        self._sent = self._dropped = self._refused = 0
        self._disk_fault: str | None = None
        self._disk_again = 0.0
        self.crowded = threading.Event()

    def put(self, post: Post, always: bool = False) -> None:
        """Add a message; `always` even where there is no room. A heartbeat is left out where anything waits.

        Whatever waits tells that the node lives once it arrives.
        """
        with self._changed:
            if letters.is_heartbeat(post.text) and self._head() is not None:
                return
            letter = Letter(*self._numbering.take(), post)
            if not always and not self._make_room(letter):
                self._note_dropped(letter)
                return
            self._memory[letter.sequence] = letter, self._monotonic()
            self._memory_bytes += letter.memory_bytes
            self._changed.notify_all()
            if self._is_crowded():
                self.crowded.set()

    def next(self, timeout_seconds: float) -> Letter | None:
        """Return the oldest message, which stays the oldest until `done` or `refused`; None where none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._head() is not None, timeout_seconds)
            self._flying = number = self._head()
            if number is None:
                return None
            if number in self._memory:
                return self._memory[number][0]
        return self._read(number)

    def done(self, letter: Letter) -> None:
        """A hub has the message."""
        with self._changed:
            self._sent += 1
            on_disk = self._take_out(letter)
        if on_disk and self._spool is not None:
            self._spool.delete(letter.sequence)

    def refused(self, letter: Letter, reason: str) -> None:
        """No hub will ever take the message: it is set aside, and told."""
        if self._spool is not None:
            self._spool.refuse(letter, reason)
        with self._changed:
            self._refused += 1
            self._take_out(letter)
        if not letter.post.text.partition("|")[2].startswith("Spool|"):
            self._telling.refused(letter, reason)

    def spill(self, everything: bool = False) -> None:
        """Write to disk what waited too long or is too much for memory; with `everything`, all."""
        self.crowded.clear()
        if self._spool is None or (not everything and self._monotonic() < self._disk_again):
            return
        while True:
            with self._changed:
                letter = self._next_to_spill(everything)
            if letter is None or not self._spill(self._spool, letter):
                return

    def flush(self) -> None:
        """Make stable what was spilled, and note what numbers are used."""
        if self._spool is None:
            return
        self._numbering.reserve()
        try:
            self._spool.flush()
        except OSError as error:
            self._note_fault(error)

    def is_empty(self) -> bool:
        """Tell whether nothing waits."""
        with self._changed:
            return self._head() is None

    def wait_for_change(self, timeout_seconds: float) -> None:
        """Wait until a message came or went, for so long at most."""
        with self._changed:
            self._changed.wait(timeout_seconds)

    def counts(self) -> Counts:
        """Return how many messages are where."""
        with self._changed:
            on_disk, size = (len(self._spool), self._spool.bytes) if self._spool else (0, 0)
            memory = len(self._memory)
            return Counts(memory, on_disk, size, self._sent, self._dropped, self._refused, self._disk_fault)

    def oldest_taken(self) -> datetime | None:
        """Return when the oldest message was taken that waits; it may have to be read from the disk."""
        with self._changed:
            number = self._head()
            if number is None or number in self._memory:
                return None if number is None else self._memory[number][0].post.taken
        letter = self._spool.peek(number) if self._spool else None
        return letter.post.taken if letter else None

    def _head(self) -> int | None:
        number = self._spool.oldest() if self._spool else None
        return next(iter(self._memory), None) if number is None else number

    def _take_out(self, letter: Letter) -> bool:
        """Remove a message from the line; tell whether it was on disk."""
        self._flying = None
        self._changed.notify_all()
        entry = self._memory.pop(letter.sequence, None)
        if entry is not None:
            self._memory_bytes -= letter.memory_bytes
            return False
        return self._spool is not None and self._spool.forget(letter.sequence)

    def _read(self, number: int) -> Letter | None:
        assert self._spool is not None
        letter = self._spool.read(number)
        if letter is None:
            with self._changed:
                self._spool.forget(number)
                self._flying = None
            self._tell_damaged(self._spool)
        return letter

    def _tell_damaged(self, spool: Spool) -> None:
        damaged, spool.damaged = spool.damaged, []
        for name in damaged:
            self._telling.damaged(name)

    def _make_room(self, letter: Letter) -> bool:
        """Drop the oldest in memory until the letter fits; tell whether it does."""
        while self._memory_is_full(letter):
            victim = None if self._drops_newest else next((n for n in self._memory if n != self._flying), None)
            if victim is None:
                return False
            oldest, _ = self._memory.pop(victim)
            self._memory_bytes -= oldest.memory_bytes
            self._note_dropped(oldest)
        return True

    def _memory_is_full(self, letter: Letter) -> bool:
        many = self._spool is None and len(self._memory) >= self._limits.messages
        return many or self._memory_bytes + letter.memory_bytes > self._limits.memory_bytes

    def _note_dropped(self, letter: Letter) -> None:
        self._dropped += 1
        self._telling.dropped(letter, NO_DISK if self._spool is None else self._disk_fault or FULL)

    def _is_crowded(self) -> bool:
        return len(self._memory) > self._limits.messages or self._memory_bytes > self._limits.crowded_bytes

    def _next_to_spill(self, everything: bool) -> Letter | None:
        letter, since = next(iter(self._memory.values()), (None, 0.0))
        old = self._monotonic() - since >= self._limits.spill_seconds
        return letter if everything or old or self._is_crowded() else None

    def _spill(self, spool: Spool, letter: Letter) -> bool:
        """Move the oldest message in memory to the disk; tell whether that could be done."""
        data = letters.encode(letter)
        if not self._make_room_on_disk(spool, len(data)):
            return False
        try:
            spool.write(letter.sequence, data)
        except OSError as error:
            self._note_fault(error)
            return False
        with self._changed:
            self._disk_fault = None
            kept = self._memory.pop(letter.sequence, None)
            if kept is not None:
                self._memory_bytes -= letter.memory_bytes
                spool.admit(letter.sequence, len(data))
        if kept is None:  # it was sent or dropped while it was written
            spool.delete(letter.sequence)
        return True

    def _make_room_on_disk(self, spool: Spool, size: int) -> bool:
        while not spool.has_room(size):
            with self._changed:
                victim = spool.oldest(but=self._flying)
                if self._drops_newest or victim is None or size > spool.max_bytes:
                    return False
                spool.forget(victim)
            letter = spool.read(victim)
            if letter is not None:
                spool.delete(victim)
                with self._changed:
                    self._note_dropped(letter)
            self._tell_damaged(spool)
        return True

    def _note_fault(self, error: OSError) -> None:
        fault = f"the spool can't be written ({error.strerror})"
        if self._disk_fault is None:
            self._telling.note(f"{fault}: messages wait in memory")
        self._disk_fault = fault
        self._disk_again = self._monotonic() + DISK_AGAIN_SECONDS
