"""`./run bench node`: what a camera node takes of a core, from the picture to the hub's `OK`.

A real `imagenode run` with a painted scene as its camera sends to a real hub. Prints a table of size x quality x rate:
images that arrived a second, the node's processor time in all, and what of it is not the encoding of JPEG. That is
measured in the same run, on the same pictures.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import yaml

from imagehub.node import jpeg
from imagehub.node.cameras import painted
from measured_hub import TICKS, MeasuredHub, measured_hub

SIZES = ((320, 240), (640, 480), (1280, 720))
QUALITIES = (70, 95)
RATES = (5, 30)
GOAL_PERCENT = 25  # of a core, apart from JPEG, at 640x480 and 30 images a second
START_SECONDS = 60
ENCODINGS = 60


@dataclass(frozen=True)
class Row:
    """One way to send: what was wanted, what arrived a second, and percent of a core."""

    width: int
    height: int
    quality: int
    rate: float
    arrived: float
    core_percent: float
    jpeg_percent: float
    kilobytes: float

    @property
    def rest_percent(self) -> float:
        """What the node takes apart from the encoding of JPEG."""
        return self.core_percent - self.jpeg_percent


def encoding(size: tuple[int, int], quality: int) -> tuple[float, float]:
    """Return the processor seconds that the JPEG of one picture takes, and its kilobytes."""
    pictures = [painted.paint(number, number * 33_333_333, size) for number in range(ENCODINGS)]
    began = time.process_time()
    lengths = [len(jpeg.encode(picture, quality)) for picture in pictures]
    return (time.process_time() - began) / ENCODINGS, sum(lengths) / ENCODINGS / 1000


def cpu_seconds(process: int) -> float:
    """Return the processor time that a process has taken up to now."""
    field = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(field[11]) + int(field[12])) / TICKS


@contextmanager
def running_node(folder: Path, hub: MeasuredHub, size: tuple[int, int], quality: int, rate: float) -> Iterator[int]:
    """Give the process of a node that sends all its pictures; end it afterwards."""
    camera = {"src": "synthetic", "viewname": "bench", "resolution": list(size), "framerate": rate}
    node = {
        "node": {"name": "bench", "log_level": "warning"},
        "hub_address": {"H1": hub.endpoint},
        "cameras": {"W1": camera | {"jpeg_quality": quality, "send_frames": "continuous"}},
    }
    path = folder / "imagenode.yaml"
    path.write_text(yaml.safe_dump(node))
    process = subprocess.Popen([sys.executable, "-m", "imagehub.node", "run", "--path", str(path)])
    try:
        before = hub.stored()
        _wait(lambda: hub.stored() > before + rate)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not there():
        if time.monotonic() > deadline:
            raise SystemExit("the node to measure sent nothing")
        time.sleep(0.1)


def measure(size: tuple[int, int], quality: int, rate: float, seconds: float) -> Row:
    """Let a node send for some seconds, and say what it took."""
    each, kilobytes = encoding(size, quality)
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        with measured_hub(folder / "hub") as hub, running_node(folder, hub, size, quality, rate) as process:
            stored, cpu, began = hub.stored(), cpu_seconds(process), time.perf_counter()
            time.sleep(seconds)
            elapsed = time.perf_counter() - began
            arrived = (hub.stored() - stored) / elapsed
            core = 100 * (cpu_seconds(process) - cpu) / elapsed
    return Row(*size, quality, rate, arrived, core, 100 * each * arrived, kilobytes)


def table(rows: list[Row]) -> str:
    """Return the rows as a table."""
    lines = [
        "| size | quality | kB an image | wanted /s | arrived /s | node, % of a core | JPEG alone | the rest |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.width}x{row.height} | {row.quality} | {row.kilobytes:.0f} | {row.rate:g} | {row.arrived:.1f} "
        f"| {row.core_percent:.1f} | {row.jpeg_percent:.1f} | {row.rest_percent:.1f} |"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> int:
    """Measure all combinations, print them, and return 0 if the goal is kept."""
    parser = argparse.ArgumentParser(prog="./run bench node", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8, help="how long each combination is measured")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    args = parser.parse_args()
    rows = [measure(*each, args.seconds) for each in product(SIZES, QUALITIES, RATES)]
    if args.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        print(table(rows))
    (goal,) = [row for row in rows if (row.width, row.quality, row.rate) == (640, 95, 30)]
    print(f"640x480, quality 95, 30/s: {goal.rest_percent:.1f} % of a core apart from JPEG (goal {GOAL_PERCENT} %)")
    return 0 if goal.rest_percent <= GOAL_PERCENT else 1


if __name__ == "__main__":
    sys.exit(main())
