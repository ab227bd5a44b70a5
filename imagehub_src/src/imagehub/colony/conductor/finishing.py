"""From cameras that record to files that are here: stopped, collected, and audited."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from imagehub.colony.conductor import comparing
from imagehub.colony.conductor.collecting import Collector, session_of
from imagehub.colony.conductor.remote import Remote, each
from imagehub.colony.conductor.session import UNKNOWN, Session, Standing, remotes
from imagehub.errors import ImagehubError
from imagehub.terminal import units

if TYPE_CHECKING:
    from imagehub.colony.synchrony import record
    from imagehub.colony.synchrony.sources import ClockState

STOP_SECONDS = 300.0
LAST_TRY_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a recording came to. `passed` is None where there was nothing to audit; `text` is for people."""

    folder: Path
    passed: bool | None
    text: str
    failures: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)


def stop(session: Session) -> None:
    """Have all cameras finish their recordings, also those that failed, where they can be reached."""

    def stop_one(remote: Remote) -> None:
        standing = session.standings[remote.name]
        patience = STOP_SECONDS if not standing.failed else LAST_TRY_SECONDS
        with suppress(ImagehubError):  # the clock is measured last while the camera still records
            standing.offsets.append(comparing.measure(remote, comparing.ROUNDS_MEANWHILE))
        standing.update(remote.fields("stop", patience))

    _, failed = each(remotes(_started(session)), stop_one)
    for name in failed:
        session.standings[name].state = UNKNOWN
    session.fail_all(failed)


def _started(session: Session) -> list[Standing]:
    """Return the cameras that ever answered."""
    return [standing for standing in session.standings.values() if standing.life]


def _keeping(standings: Iterable[Standing]) -> list[Standing]:
    """Return the cameras that shall keep what they see; others have no files to be missed."""
    return [standing for standing in standings if standing.plan.save_data]


def collect(session: Session) -> dict[str, tuple[Path, ...]]:
    """Fetch what each camera recorded into the session's folder; one that can't be fetched has failed."""

    def collect_one(remote: Remote) -> tuple[Path, ...]:
        standing = session.standings[remote.name]
        data_path = session.settings.general.remote_data_path
        collector = Collector(remote, session_of(session.acquisition, standing.plan), data_path, session.folder)
        # An agent that was started anew has forgotten what it recorded: what was not there before is it.
        names = set(standing.files.values()) or collector.names() - standing.before
        return tuple(collector.collect(names))

    wanted = _keeping(_started(session))
    reachable = [standing for standing in wanted if standing.state != UNKNOWN]
    done, failed = each(remotes(reachable), collect_one)
    session.fail_all(failed)
    for standing in wanted:
        if standing.name not in done:
            session.log.say("ERROR", f"{standing.name}: what it recorded is still on the camera")
    return done


def audit(session: Session, files: Mapping[str, Iterable[Path]]) -> Outcome:
    """Judge the recording, write the report beside the files, and return what came of it."""
    from imagehub.colony.synchrony import audit as auditing
    from imagehub.colony.synchrony import record, report
    from imagehub.colony.synchrony.clocks import Tracker

    clocks = _clocks(session)
    record.write(clocks, session.folder)
    cameras = [
        auditing.camera(
            _by_kind(files.get(clock.instance, ())), clock.framerate, Tracker(clock.offsets),
            instance=clock.instance, start_ns=clocks.start_ns, state=clock.state,
        )
        for clock in clocks.cameras
    ]  # fmt: skip
    judged = auditing.session(cameras, clocks.limits, clocks.name)
    reasons = (*clocks.failures, *judged.reasons)
    judged = replace(judged, passed=not reasons, reasons=reasons)
    report.write(judged, session.folder)
    kept = {name: tuple(paths) for name, paths in files.items()}
    return Outcome(session.folder, judged.passed, report.as_text(judged).rstrip(), session.failures(), kept)


def without_audit(session: Session) -> Outcome:
    """Return what came of a recording whose files are not here."""
    counts = [
        f"  {name}: {units.counted(int(standing.figures['frames']), 'frame')}"
        for name, standing in session.standings.items()
    ]
    failed = [f"  {name} FAILED: {why}" for name, why in session.failures().items()]
    return Outcome(
        session.folder, False if failed else None, "\n".join(["not audited: no files here", *counts, *failed]),
        session.failures(),
    )  # fmt: skip


def _clocks(session: Session) -> "record.SessionClocks":
    from imagehub.colony.synchrony import record
    from imagehub.colony.synchrony.figures import Limits

    general = session.settings.general
    limits = Limits(
        start_skew_ms=general.max_start_skew_seconds * 1e3,
        clock_offset_ms=general.max_clock_offset_seconds * 1e3,
        drift_ppm=general.max_clock_drift_ppm,
    )
    cameras = tuple(
        record.CameraClock(each.name, float(each.plan.mode.framerate), tuple(each.offsets), _state(each.keeper))
        for each in _keeping(session.standings.values())
    )
    failures = tuple(f"{name}: {why}" for name, why in session.failures().items())
    return record.SessionClocks(session.acquisition.name, session.start_ns or None, limits, cameras, failures)


def _state(keeper: Mapping[str, object]) -> "ClockState | None":
    from imagehub.colony.synchrony.sources import ClockState

    kind, synchronised = keeper.get("kind"), keeper.get("synchronised")
    if kind not in {"chrony", "ptp", "timesyncd", "none"} or not (synchronised is None or type(synchronised) is bool):
        return None
    return ClockState(kind, synchronised, str(keeper.get("detail", "")))


def _by_kind(paths: Iterable[Path]) -> dict[str, Path]:
    from imagehub.colony.synchrony.report import KINDS

    found = {path: path.name.rpartition(".rcc.")[2] for path in paths}
    return {KINDS[kind]: path for path, kind in found.items() if kind in KINDS}
