"""`./run bench`: a real hub and real senders beside the machine's own limits, in one run.

Prints a table with the ratio of each figure to its limit; `--json` prints all of it as JSON, `--curve` measures
senders x image size x durability too and draws docs/images/performance.svg. docs/ref/performance.md says how to read
it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import limits
from chart import Point, write_chart
from measured_hub import free_port, load, measured_hub

SIZE = 50_000
SENDERS = 12
ROUNDS = 3  # a disk has its moods, so hub and limits take turns, and the middle one counts
CHART = Path(__file__).parents[2] / "docs" / "images" / "performance.svg"


@dataclass(frozen=True)
class Row:
    """One figure: what it is, its value and unit, the limit or goal that it is held against."""

    name: str
    value: float
    unit: str
    against: str
    limit: float | None = None
    at_most: bool = False

    @property
    def ratio(self) -> float | None:
        """The value as a share of the limit."""
        return self.value / self.limit if self.limit else None


class Bench:
    """The measurements, one after the other on a quiet machine, all on the disk of `folder`."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder = folder
        self._seconds = seconds
        self._folders = 0

    def run(self) -> list[Row]:
        """Measure everything that the table shows."""
        say("the machine: ROUTER loops")
        rows = self._routers()
        say("the hub at rest")
        rows += self._rest()
        rows += self._synced() + self._written()
        say("paced, and many senders")
        return rows + self._paced() + self._many()

    def curve(self) -> list[Point]:
        """Measure senders x image size x durability."""
        return [
            self._point(senders, size, durability)
            for durability in ("synced", "written")
            for size in (10_000, 50_000, 500_000)
            for senders in (1, 4, 12, 64, 256)
        ]

    def _fresh(self) -> Path:
        self._folders += 1
        return self._folder / str(self._folders)

    def _synced(self) -> list[Row]:
        seen = [self._synced_round(number) for number in range(ROUNDS)]
        hub, loop, few, best = (median(column) for column in zip(*seen, strict=True))
        return [
            Row("disk: best group commit", best, "images/s", ""),
            Row(f"disk: groups of {SENDERS}", few, "images/s", ""),
            Row(f"loop without promises, synced, {SENDERS} senders", loop, "images/s", ""),
            Row(f"synced, {SENDERS} senders of {SIZE // 1000} kB", hub, "images/s", "best group commit", best),
            Row("", hub, "images/s", f"groups of {SENDERS}", few),
            Row("", hub, "images/s", "loop without promises", loop),
        ]

    def _synced_round(self, number: int) -> tuple[float, float, float, float]:
        """Measure hub, promise-free loop, groups as large as the senders are many, and the best group."""
        say(f"synced, {SENDERS} senders, beside the disk ({number + 1} of {ROUNDS})")
        hub, loop = self._throughput("synced"), self._promise_free(synced=True)
        few, *others = (
            limits.group_commit(self._fresh(), SIZE, group, self._seconds / 2) for group in (SENDERS, *limits.GROUPS)
        )
        return hub, loop, few, max(few, *others)

    def _written(self) -> list[Row]:
        seen = [self._written_round(number) for number in range(ROUNDS)]
        hub, loop, buffered = (median(column) for column in zip(*seen, strict=True))
        return [
            Row("disk: buffered", buffered, "images/s", ""),
            Row(f"loop without promises, written, {SENDERS} senders", loop, "images/s", ""),
            Row(f"written, {SENDERS} senders of {SIZE // 1000} kB", hub, "images/s", "buffered", buffered),
            Row("", hub, "images/s", "loop without promises", loop),
        ]

    def _written_round(self, number: int) -> tuple[float, float, float]:
        say(f"written, {SENDERS} senders, beside the disk ({number + 1} of {ROUNDS})")
        hub, loop = self._throughput("written"), self._promise_free(synced=False)
        return hub, loop, limits.buffered(self._fresh(), SIZE, self._seconds / 2)

    def _promise_free(self, *, synced: bool) -> float:
        os.sync()
        return self._against_loop(SENDERS, limits.promise_free, self._fresh(), synced)

    def _against_loop(self, senders: int, loop: Callable[..., None], *args: object) -> float:
        endpoint = f"tcp://127.0.0.1:{free_port()}"
        process = limits.start(loop, endpoint, *args)
        rate = load(endpoint, senders, SIZE, self._seconds).rate
        process.kill()
        process.join()
        return rate

    def _routers(self) -> list[Row]:
        rates = {senders: self._against_loop(senders, limits.empty_router) for senders in (SENDERS, 64)}
        return [
            Row(f"empty ROUTER loop, {senders} senders", rate, "images/s", "no disk, no promise")
            for senders, rate in rates.items()
        ]

    def _rest(self) -> list[Row]:
        with measured_hub(self._fresh()) as hub:
            start = hub.start_seconds
            before, since = hub.cpu_seconds(), time.perf_counter()
            time.sleep(max(10.0, self._seconds * 2))
            cpu = (hub.cpu_seconds() - before) / (time.perf_counter() - since)
            memory = hub.memory_bytes()
        imports = subprocess.run(
            [sys.executable, "-c", "import imagehub, sys; print(int('numpy' in sys.modules or 'cv2' in sys.modules))"],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return [
            Row("start to first reply", start, "s", "at most 0.5 s", 0.5, at_most=True),
            Row("idle CPU, all processes", cpu * 100, "% of a core", "at most 0.3 %", 0.3, at_most=True),
            Row("idle memory (PSS), all processes", memory / 1e6, "MB", "at most 35 MB", 35, at_most=True),
            Row("NumPy or OpenCV imported", float(imports.stdout), "", "no"),
        ]

    def _throughput(self, durability: str) -> float:
        with measured_hub(self._fresh(), durability) as hub:
            seen = load(hub.endpoint, SENDERS, SIZE, self._seconds)
            stored = hub.stored()
        if stored < seen.acknowledged:
            raise SystemExit(f"{seen.acknowledged} images acknowledged, {stored} on disk")
        return seen.rate

    def _paced(self) -> list[Row]:
        with measured_hub(self._fresh()) as hub:
            before = hub.cpu_seconds()
            seen = load(hub.endpoint, SENDERS, SIZE, self._seconds * 2, rate=10)
            cpu = (hub.cpu_seconds() - before) / seen.acknowledged
        return [
            Row("ack p50 at 12 x 10 images/s, synced", seen.p50 * 1e3, "ms", ""),
            Row("ack p99 at 12 x 10 images/s, synced", seen.p99 * 1e3, "ms", "at most 8 ms", 8, at_most=True),
            Row("CPU an image at that pace", cpu * 1e3, "ms", ""),
        ]

    def _many(self) -> list[Row]:
        rows, first = [], None
        for senders in (SENDERS, 64, 256):
            with measured_hub(self._fresh()) as hub:
                seen = load(hub.endpoint, senders, SIZE, self._seconds)
                memory = hub.memory_bytes()
            first = first or seen.rate
            rows.append(Row(f"synced, {senders} senders", seen.rate, "images/s", f"{SENDERS} senders", first))
            rows.append(Row(f"  memory (PSS) after that, {senders} senders", memory / 1e6, "MB", ""))
        return rows

    def _point(self, senders: int, size: int, durability: str) -> Point:
        say(f"{senders} senders, {size // 1000} kB, {durability}")
        with measured_hub(self._fresh(), durability) as hub:
            before = hub.cpu_seconds()
            seen = load(hub.endpoint, senders, size, self._seconds / 2)
            cpu = (hub.cpu_seconds() - before) / seen.acknowledged
        return Point(senders, size, durability, seen.rate, seen.p50, seen.p99, cpu * 1e3)


def say(text: str) -> None:
    """Tell what is measured now."""
    print(f"... {text}", file=sys.stderr, flush=True)


def print_table(rows: list[Row]) -> None:
    """Print the figures with their ratios."""
    print(f"{'':46} {'measured':>10}  {'unit':12} {'ratio':>6}  of")
    for row in rows:
        ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
        print(f"{row.name:46} {row.value:>10,.2f}  {row.unit:12} {ratio:>6}  {row.against}")


def print_curve(points: list[Point]) -> None:
    """Print the curve as a table."""
    print(f"\n{'durability':10} {'size':>8} {'senders':>8} {'images/s':>9} {'p50 ms':>8} {'p99 ms':>8} {'CPU ms':>7}")
    for point in points:
        print(
            f"{point.durability:10} {point.size // 1000:>5} kB {point.senders:>8} {point.rate:>9,.0f} "
            f"{point.p50 * 1e3:>8.2f} {point.p99 * 1e3:>8.2f} {point.cpu_milliseconds:>7.3f}"
        )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each load lasts (default 5)")
    parser.add_argument(
        "--folder", type=Path, default=Path.cwd(), help="a folder on the disk to measure (default: here)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument(
        "--curve", action="store_true", help="also senders x size x durability, with a chart in docs/images"
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="imagehub-bench-", dir=args.folder) as folder:
        bench = Bench(Path(folder), args.seconds)
        rows = bench.run()
        points = bench.curve() if args.curve else []
    if points:
        CHART.parent.mkdir(parents=True, exist_ok=True)
        write_chart(points, CHART)
    if args.json:
        document = {
            "figures": [vars(row) | {"ratio": row.ratio} for row in rows],
            "curve": [p._asdict() for p in points],
        }
        print(json.dumps(document, indent=2))
        return 0
    print_table(rows)
    if points:
        print_curve(points)
    return 0


if __name__ == "__main__":
    sys.exit(main())
