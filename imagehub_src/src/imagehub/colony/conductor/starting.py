"""From nothing to cameras that record: greeted, clocks compared, armed, and started at one instant."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from imagehub.colony import protocol
from imagehub.colony.conductor import comparing
from imagehub.colony.conductor.collecting import Collector, session_of
from imagehub.colony.conductor.remote import CameraFailedError, Remote, each
from imagehub.colony.conductor.session import Session, remotes
from imagehub.colony.states import IDLE, RECORDING, STOPPING

GREET_SECONDS = 5.0
ARM_SECONDS = 60.0
SOURCE_SECONDS = 10.0
END_OF_LOG = 1 << 62


def greet(session: Session) -> None:
    """See which agents are there, and have them give up what they are in, unless it is a recording."""
    done, failed = each(remotes(session.good()), _freed)
    session.fail_all(failed)
    for name, fields in done.items():
        session.standings[name].state = str(fields["state"])
        session.standings[name].life = str(fields.get("agent", ""))
        session.standings[name].log_from = int(fields["log_next"])
    session.check()


def _freed(remote: Remote) -> Mapping[str, Any]:
    """Return the state of an agent that is free, or made so, and the number of the next line of its log."""
    fields = {**remote.fields("state", GREET_SECONDS), "log_next": remote.fields("log", since=END_OF_LOG)["next"]}
    if fields["state"] in {RECORDING, STOPPING}:
        recorded = (fields.get("session") or {}).get("name", "something")
        raise CameraFailedError(remote.name, f"it records {recorded} already: end that with 'colony stop'")
    return fields if fields["state"] == IDLE else {**fields, **remote.fields("disarm")}


def compare_clocks(session: Session) -> None:
    """Measure how far all clocks are apart.

    Raises:
        ClockRefusedError: one is too far.
    """
    done, failed = each(remotes(session.good()), lambda remote: (comparing.measure(remote), _keeper(remote)))
    session.fail_all(failed)
    for name, (offset, keeper) in done.items():
        session.standings[name].offsets.append(offset)
        session.standings[name].keeper = keeper
        text = f"{name}: clock {offset.offset_ns / 1e6:+.3f} ms, known within {offset.uncertainty_ns / 1e6:.3f} ms"
        session.log.say("INFO", f"{text}; {keeper.get('detail', '')}")
    session.check()
    offsets = {name: offset for name, (offset, _) in done.items()}
    sources = {name: str(keeper.get("detail", "")) for name, (_, keeper) in done.items()}
    comparing.check(offsets, session.settings.general.max_clock_offset_seconds, sources)


def _keeper(remote: Remote) -> Mapping[str, Any]:
    return remote.fields("clock_source", SOURCE_SECONDS)


def arm(session: Session) -> None:
    """Have all cameras opened and made ready."""
    lost = session.settings.control.lost_conductor_seconds
    data_path = session.settings.general.remote_data_path

    def arm_one(remote: Remote) -> frozenset[str]:
        standing = session.standings[remote.name]
        before = Collector(remote, session_of(session.acquisition, standing.plan), data_path, session.folder).names()
        plan = protocol.plan_to_json(standing.plan)
        terms: dict[str, Any] = {"source": standing.source, "data_path": data_path, "lost_conductor_seconds": lost}
        standing.update(remote.fields("arm", ARM_SECONDS, plan=plan, **terms))
        return frozenset(before)

    done, failed = each(remotes(session.good()), arm_one)
    for name, before in done.items():
        session.standings[name].before = before
    session.fail_all(failed)
    session.check()


def start(session: Session, wall_ns: Callable[[], int] = time.time_ns) -> None:
    """Have all cameras start at one instant, told to each in the time of its own clock."""
    lead = session.settings.general.start_lead_seconds
    session.start_ns = wall_ns() + round(lead * 1e9)

    def start_one(remote: Remote) -> None:
        standing = session.standings[remote.name]
        at_ns = session.start_ns + standing.offsets[-1].offset_ns
        standing.update(remote.fields("start", lead + GREET_SECONDS, lead / 5, at_ns=at_ns))

    _, failed = each(remotes(session.good()), start_one)
    session.fail_all(failed)
    session.check()
