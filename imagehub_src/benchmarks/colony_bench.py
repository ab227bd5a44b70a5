"""`./run bench colony`: cameras that record together on this machine, beside what it can encode at all, in one run.

Agents are real processes with painted cameras, the conductor is a real one, and the losses are those that the audit
finds. docs/design/synchrony.md says what such figures tell, and what they don't.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import Row, print_table, say
from imagehub.colony.conductor.conductor import Conductor
from imagehub.colony.recording.h264 import Encoder
from imagehub.colony.synchrony import report
from imagehub.colony.synchrony.figures import SessionAudit
from imagehub.node.cameras import painted
from imagehub.node.cameras.synthetic import Scenario
from measured_agents import MeasuredAgents, settings_file
from measured_hub import TICKS

FRAMERATE = 30
ENCODE_SECONDS = 5.0


@dataclass(frozen=True)
class Load:
    """What is recorded: so many cameras, their pictures' (width, height), for so long."""

    agents: int
    resolution: tuple[int, int]
    seconds: float


@dataclass(frozen=True)
class Seen:
    """What came of it: the audit, and CPU time while it recorded, as shares of a core.

    `others_cpu` is what everything else on this machine took: where that is much, the figures are not of this load.
    """

    audit: SessionAudit
    conductor_cpu: float
    agents_cpu: float
    others_cpu: float


def encoded(resolution: tuple[int, int], seconds: float) -> float:
    """Return the frames a second that one process paints and encodes when nothing else is to be done."""
    encoder = Encoder(resolution, FRAMERATE)
    scenario, count = Scenario(), 0
    began = time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        pixels = painted.scene(count, resolution, scenario.seed, scenario.objects)
        painted.draw_strip(pixels, count, time.time_ns())
        encoder.encode(pixels, count * 1_000_000_000 // FRAMERATE)
        count += 1
    return count / spent


def record(folder: Path, load: Load) -> Seen:
    """Record with agents and a conductor, and return what the audit says."""
    with MeasuredAgents(folder / "agents", load.agents) as agents:
        path = settings_file(folder, agents.ports, load.resolution, FRAMERATE)
        with Conductor(path) as conductor:
            conductor.start_acquisition()
            _wait_for_start(conductor)
            before, began = _cpu_seconds(agents), time.perf_counter()
            time.sleep(load.seconds)
            spent = time.perf_counter() - began
            own, theirs, total = ((now - then) / spent for then, now in zip(before, _cpu_seconds(agents), strict=True))
            outcome = conductor.stop_acquisition()
    if outcome is None:
        raise SystemExit("nothing was recorded")
    return Seen(report.read(outcome.folder / report.REPORT), own, theirs, max(0.0, total - own - theirs))


def _cpu_seconds(agents: MeasuredAgents) -> tuple[float, float, float]:
    """Return the CPU time up to now of this process, of all agents, and of the whole machine (proc_stat(5))."""
    user, nice, system, _, _, *others = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    return time.process_time(), agents.cpu_seconds(), (user + nice + system + sum(others)) / TICKS


def _wait_for_start(conductor: Conductor) -> None:
    """Wait for the instant that the cameras were told to start at."""
    assert conductor.session is not None
    time.sleep(max(0.0, conductor.session.start_ns / 1e9 - time.time()))


def _recorded(audit: SessionAudit) -> float:
    """Return the frames a second that reached the files, of all cameras."""
    return sum((each.rate or 0.0) * each.frames / (each.frames + each.dropped or 1) for each in audit.cameras)


def rows(load: Load, seen: Seen, alone: float) -> list[Row]:
    """Return the table."""
    audit, wanted = seen.audit, load.agents * FRAMERATE
    frames, lost = sum(each.frames for each in audit.cameras), sum(each.dropped for each in audit.cameras)
    jitter = max((each.jitter_p99_ms or 0.0 for each in audit.cameras), default=0.0)
    skew, cores = audit.skew, os.cpu_count() or 1
    nothing = float("nan")
    return [
        Row("painted and encoded by one process alone", alone, "frames/s", "the machine's own"),
        Row(f"frames asked for, {load.agents} cameras at {FRAMERATE}/s", wanted, "frames/s", "one process", alone),
        Row("frames recorded", _recorded(audit), "frames/s", "asked for", wanted),
        Row("lost frames, by the audit", lost, "frames", f"none of {frames + lost}"),
        Row("reasons against the session", len(audit.reasons), "", "none"),
        Row("start skew", _or(skew.start_ms, nothing), "ms", "half a period", 500 / FRAMERATE, at_most=True),
        Row("skew p99", _or(skew.p99_ms, nothing), "ms", "half a period", 500 / FRAMERATE, at_most=True),
        Row("  its uncertainty, by the clocks", _or(skew.uncertainty_ms, nothing), "ms", ""),
        Row("jitter p99, worst camera", jitter, "ms", "a period", 1000 / FRAMERATE, at_most=True),
        Row("conductor's CPU", seen.conductor_cpu * 100, "% of a core", f"{cores} cores", cores * 100),
        Row("agents' CPU, all", seen.agents_cpu * 100, "% of a core", f"{cores} cores", cores * 100),
        Row("CPU of everything else meanwhile", seen.others_cpu * 100, "% of a core", f"{cores} cores", cores * 100),
    ]


def _or(value: float | None, other: float) -> float:
    return other if value is None else value


def _resolution(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="./run bench colony", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--agents", type=int, default=12, help="how many cameras (default 12)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long they record (default 60)")
    parser.add_argument("--resolution", type=_resolution, default=(640, 480), metavar="WxH", help="(default 640x480)")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="a folder on the disk to use (default: here)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; return 3 where the audit failed."""
    args = parse(words)
    load = Load(args.agents, args.resolution, args.seconds)
    say("one process that encodes")
    alone = encoded(load.resolution, ENCODE_SECONDS)
    say(f"{load.agents} agents for {load.seconds:g} s")
    with tempfile.TemporaryDirectory(prefix="imagehub-bench-", dir=args.folder) as folder:
        seen = record(Path(folder), load)
    table = rows(load, seen, alone)
    if args.json:
        print(json.dumps([vars(row) | {"ratio": row.ratio} for row in table], indent=2))
    else:
        print_table(table)
    for reason in seen.audit.reasons[:20]:
        print(f"  - {reason}", file=sys.stderr)
    return report.PASSED_CODE if seen.audit.passed else report.FAILED_CODE


if __name__ == "__main__":
    sys.exit(main())
