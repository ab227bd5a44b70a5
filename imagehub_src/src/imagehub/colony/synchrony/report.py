"""The report on a session: `report.json`, `report.svg`, and `AUDIT-FAILED.txt` where it failed.

docs/design/synchrony.md has the schema of `report.json`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from imagehub.colony.synchrony import audit, picture, record
from imagehub.colony.synchrony.clocks import Tracker
from imagehub.colony.synchrony.documents import from_document, to_document
from imagehub.colony.synchrony.figures import CameraAudit, ClockAudit, SessionAudit, Skew
from imagehub.errors import ImagehubError
from imagehub.terminal import units

VERSION = 1
REPORT, PICTURE, FAILED = "report.json", "report.svg", "AUDIT-FAILED.txt"
PASSED_CODE, FAILED_CODE = 0, 3
SHOWN = 20

KINDS = {
    "metadata.json": "metadata",
    "timestamps.frames.csv": "frames",
    "timestamps.ttl.out.csv": "ttl.out",
    "timestamps.ttl.in.csv": "ttl.in",
    "video.h264": "video",
    "video.h264.mp4": "mp4",
}


class SessionFolderError(ImagehubError):
    """There is no session in a folder, or no report can be written there."""


def write(found: SessionAudit, folder: Path) -> tuple[Path, ...]:
    """Write the report into the session's folder and return the paths of its files.

    `AUDIT-FAILED.txt` is there after a failed audit, and after a passed one it is not. Raise SessionFolderError where
    the folder can't be written.
    """
    failed = folder / FAILED
    try:
        if found.passed:
            failed.unlink(missing_ok=True)
            paths = []
        else:
            paths = [record.write_whole(failed, as_text(found, shown=None))]
        report = record.write_whole(folder / REPORT, json.dumps(as_document(found), indent=1) + "\n")
        return (report, record.write_whole(folder / PICTURE, picture.draw(found)), *paths)
    except OSError as error:
        raise SessionFolderError(f"can't write the report into {folder}: {error.strerror or error}") from None


def as_document(found: SessionAudit) -> dict[str, Any]:
    """Return what `report.json` holds."""
    return {"version": VERSION, **to_document(found)}


def read(path: Path) -> SessionAudit:
    """Read a `report.json`. Raise SessionFolderError where it is none, or one of a later version."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.get("version") != VERSION:
            raise ValueError(f"its version is {document.get('version')}, not {VERSION}")
        return from_document(SessionAudit, document)
    except (OSError, ValueError, AttributeError) as error:
        raise SessionFolderError(f"{path} is no report of a session: {error}") from None


def as_text(found: SessionAudit, shown: int | None = SHOWN) -> str:
    """Return the verdict for people: the first line says it, then come reasons and a line for each camera.

    At most `shown` reasons are given, None for all.
    """
    head = f"AUDIT {'PASSED' if found.passed else 'FAILED'}: {found.name or 'session'}, {_cameras(found)}"
    reasons = [f"  - {reason}" for reason in found.reasons[:shown]]
    left = len(found.reasons) - len(reasons)
    more = [f"  and {left} more: see {REPORT}"] if left else []
    return "\n".join([head, *reasons, *more, *_lines(found), _skew_line(found.skew)]) + "\n"


def run(folder: Path, tell: Callable[[str], object] = print) -> int:
    """Audit a gathered session again from its files alone, write its report, tell the verdict.

    Return 0 where it passed and 3 where it failed. Raise SessionFolderError where the folder has no session in it.
    """
    found = again(folder)
    write(found, folder)
    tell(as_text(found).rstrip("\n"))
    return PASSED_CODE if found.passed else FAILED_CODE


def again(folder: Path) -> SessionAudit:
    """Audit a gathered session from its files alone. Raise SessionFolderError where there are none."""
    if not folder.is_dir():
        raise SessionFolderError(f"there is no folder {folder}")
    clocks, findings = record.read(folder)
    files, more = recordings(folder)
    if not files and not clocks.cameras:
        raise SessionFolderError(
            f"{folder} has no session: no files NAME.INSTANCE.DATE_TIME.rcc.KIND, no {record.FILE}"
        )
    told = {each.instance: each for each in clocks.cameras}
    names = [*told, *sorted(set(files) - set(told))]
    cameras = [_camera(name, files.get(name, {}), told.get(name), clocks.start_ns) for name in names]
    judged = audit.session(cameras, clocks.limits, clocks.name or folder.name)
    reasons = (*findings, *clocks.failures, *more, *judged.reasons)
    return replace(judged, passed=not reasons, reasons=reasons)


def recordings(folder: Path) -> tuple[dict[str, dict[str, Path]], tuple[str, ...]]:
    """Return the files of each camera by kind, those of its newest recording, and a sentence where there are more."""
    found: dict[str, dict[str, dict[str, Path]]] = {}
    for path in sorted(folder.rglob("*.rcc.*")):
        match = audit.FILE_NAME.fullmatch(path.name)
        if match and match["kind"] in KINDS:
            times = found.setdefault(match["instance"], {})
            times.setdefault(match["time"], {})[KINDS[match["kind"]]] = path
    newest = {instance: times[max(times)] for instance, times in found.items()}
    several = [name for name, times in found.items() if len(times) > 1]
    return newest, tuple(f"{name}: {len(found[name])} recordings, the newest one is audited" for name in several)


def _camera(
    name: str, files: Mapping[str, Path], clock: record.CameraClock | None, start_ns: int | None
) -> CameraAudit:
    known = clock or record.CameraClock(name)
    rate = known.framerate or _framerate(files.get("metadata"))
    tracker = Tracker(known.offsets)
    return audit.camera(files, rate, tracker, instance=name, start_ns=start_ns, state=known.state)


def _framerate(metadata: Path | None) -> float | None:
    """Return the framerate that a metadata file tells, wherever in it, or None."""
    try:
        return _find_framerate(json.loads(metadata.read_text(encoding="utf-8"))) if metadata else None
    except (OSError, ValueError):
        return None


def _find_framerate(document: Any) -> float | None:
    if not isinstance(document, dict):
        return None
    rate = document.get("framerate")
    if isinstance(rate, int | float) and rate > 0:
        return float(rate)
    return next(filter(None, map(_find_framerate, document.values())), None)


def _cameras(found: SessionAudit) -> str:
    frames = sum(each.frames for each in found.cameras)
    counts = [units.counted(len(found.cameras), "camera"), units.counted(frames, "frame")]
    return ", ".join(counts if found.passed else [*counts, units.counted(len(found.reasons), "reason")])


def _lines(found: SessionAudit) -> list[str]:
    return [_line(camera, clock) for camera, clock in zip(found.cameras, found.clocks, strict=True)]


def _line(camera: CameraAudit, clock: ClockAudit) -> str:
    rate = "?" if camera.rate is None else f"{camera.rate:.3f}"
    offset = (
        "not compared" if clock.offset_ms is None else f"{clock.offset_ms:+.3f} ms +- {clock.uncertainty_ms:.3f} ms"
    )
    frames = units.counted(camera.frames, "frame")
    return f"  {camera.instance}: {frames} at {rate}/s, {camera.dropped} dropped, clock {offset}"


def _skew_line(skew: Skew) -> str:
    if skew.p99_ms is None or skew.worst_ms is None:
        return "  skew: there are no two cameras to compare"
    sure = "unknown" if skew.uncertainty_ms is None else f"{skew.uncertainty_ms:.3f} ms"
    start = f", start {skew.start_ms:.3f} ms" if skew.start_ms is not None else ""
    return f"  skew: p99 {skew.p99_ms:.3f} ms, worst {skew.worst_ms:.3f} ms{start}, uncertainty {sure}"
