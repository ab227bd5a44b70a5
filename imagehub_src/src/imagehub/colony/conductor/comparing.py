"""Comparing the clocks of the cameras with the conductor's, over the connection that controls them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from imagehub.colony.conductor.remote import Remote
from imagehub.errors import ImagehubError
from imagehub.terminal import units

if TYPE_CHECKING:
    from imagehub.colony.synchrony.clocks import Offset, Stamps

ROUNDS = 16
ROUNDS_MEANWHILE = 16
DEADLINE_SECONDS = 2.0


class ClockRefusedError(ImagehubError):
    """The clock of a camera is too far from the conductor's for a recording whose frames belong together."""


def measure(remote: Remote, rounds: int = ROUNDS) -> "Offset":
    """Return how far a camera's clock is from this machine's: its own minus this one.

    Raises:
        NoReplyError: it does not answer.
        ClockError: its answers can't be right.
    """
    from imagehub.colony.synchrony import clocks

    return clocks.estimate(clocks.exchange(lambda: _ask(remote), rounds))


def _ask(remote: Remote) -> "Stamps":
    from imagehub.colony.synchrony.clocks import Stamps

    # Asked once each: of a request that was sent again nobody knows which of the two was answered.
    answer = remote.ask("clock", DEADLINE_SECONDS, again_seconds=None)
    received, answered = (int(answer.reply.fields[name]) for name in ("received_ns", "answered_ns"))
    return Stamps(answer.asked_ns, received, answered, answer.back_ns)


def check(offsets: "Mapping[str, Offset]", limit_seconds: float, sources: Mapping[str, str]) -> None:
    """Raise ClockRefusedError where a clock is, or may be, further off than the limit; `sources` say what keeps it."""
    limit = limit_seconds * 1e9
    refused = [name for name, offset in offsets.items() if _furthest(offset) > limit]
    if refused:
        told = "; ".join(_told(name, offsets[name], sources.get(name, "")) for name in refused)
        raise ClockRefusedError(
            f"clocks are further apart than max_clock_offset_seconds = {limit_seconds:g}: {told}. "
            "Let chrony on all machines follow one server (on a wired network), or raise the limit"
        )


def _furthest(offset: "Offset") -> float:
    """Return how far off a clock is for certain, or how little is known of it where that is more."""
    return max(abs(offset.offset_ns), offset.uncertainty_ns)


def _told(name: str, offset: "Offset", source: str) -> str:
    off, unsure = units.span(abs(offset.offset_ns) / 1e9), units.span(offset.uncertainty_ns / 1e9)
    way = "ahead" if offset.offset_ns > 0 else "behind"
    return f"{name} is {off} {way} (known within {unsure}{f'; {source}' if source else ''})"
