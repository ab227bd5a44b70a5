"""Recording sessions on disk, as a colony's conductor gathers them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

STAMP = "20261121_020000"
VIDEO = b"\0\0\0\x18ftypisom" + bytes(range(256)) * 40


def session(
    root: Path,
    *parts: str,
    cameras: Sequence[str] = ("cage1", "cage2"),
    stamp: str = STAMP,
    passed: bool | None = True,
    reasons: Sequence[str] = (),
    video: bytes = VIDEO,
    **report: Any,
) -> Path:
    """Make a session below a root and return its folder; with `passed` None nobody has audited it."""
    folder = root.joinpath(*parts)
    folder.mkdir(parents=True)
    for number, instance in enumerate(cameras):
        base = f"{parts[-1]}.{instance}.{stamp}.rcc"
        facts = {"instance_name": instance, "framerate": 30.0, "frames": 300 + number, "missed": 0, "finished": True}
        (folder / f"{base}.metadata.json").write_text(json.dumps(facts))
        (folder / f"{base}.video.h264.mp4").write_bytes(video)
        (folder / f"{base}.timestamps.ttl.out.csv").write_text("timestamp_frame,timestamp_ttl,sys_time\n")
    if passed is not None:
        audited = [
            {"instance": name, "frames": 300, "dropped": 0, "framerate": 30.0, "start_delay_ms": 5.0 * number}
            for number, name in enumerate(cameras)
        ]
        document = {"version": 1, "passed": passed, "reasons": list(reasons), "cameras": audited} | report
        (folder / "report.json").write_text(json.dumps(document))
        (folder / "report.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="300" height="40"></svg>')
        if not passed:
            (folder / "AUDIT-FAILED.txt").write_text("AUDIT FAILED\n")
    return folder


def two_sessions(root: Path) -> None:
    """Make a session that passed its audit, and an older one that did not."""
    session(root, "mice", "openfield")
    session(
        root, "mice", "openfield-before", stamp="20261120_020000", passed=False, reasons=["cage2: 3 dropped frames"]
    )
