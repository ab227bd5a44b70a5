"""`./run bench`: a real hub and real senders beside the machine's own limits, in one run.

Prints a table with the ratio of each figure to its limit; `--json` prints all of it as JSON, `--curve`
measures
senders x image size x durability too and draws docs/images/performance.svg. docs/ref/performance.md says how
to read it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import limits
from chart import Point, write_chart
from measured_hub import free_port, load, measured_hub

SIZE = 50_000
SENDERS = 12
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
        self._hubs = 0

    def run(self) -> list[Row]:
        """Measure everything that the table shows."""
        say("the machine: ROUTER loops, disk")
        before = self._disk()
        rows = self._routers()
        say("the hub at rest")
        rows += self._rest()
        say(f"synced, {SENDERS} senders")
        synced = self._throughput("synced")
        say(f"written, {SENDERS} senders")
        written = self._throughput("written")
        say("paced, and many senders")
        more = self._paced() + self._many()
        say("the disk once more")
        after = self._disk()
        commit, buffered = (median(pair) for pair in zip(before, after, strict=True))
        return [
            Row("disk: best group commit", commit, "images/s", "the limit of synced"),
            Row("disk: buffered", buffered, "images/s", "the limit of written"),
            *rows,
            Row(f"synced, {SENDERS} senders of {SIZE // 1000} kB", synced, "images/s", "group commit", commit),
            Row(f"written, {SENDERS} senders of {SIZE // 1000} kB", written, "images/s", "buffered", buffered),
            *more,
        ]

    def curve(self) -> list[Point]:
        """Measure senders x image size x durability."""
        return [
            self._point(senders, size, durability)
            for durability in ("synced", "written")
            for size in (10_000, 50_000, 500_000)
            for senders in (1, 4, 12, 64, 256)
        ]

    def _fresh(self) -> Path:
        self._hubs += 1
        return self._folder / f"hub{self._hubs}"

    def _disk(self) -> tuple[float, float]:
        self._hubs += 1
        folder = self._folder / f"disk{self._hubs}"
        _, commit = limits.best_group_commit(folder, SIZE, self._seconds / 2)
        return commit, limits.buffered(folder, SIZE, self._seconds)

    def _routers(self) -> list[Row]:
        rows = []
        for senders in (SENDERS, 64):
            endpoint = f"tcp://127.0.0.1:{free_port()}"
            process = limits.start_empty_router(endpoint)
            rate = load(endpoint, senders, SIZE, self._seconds / 2).rate
            process.kill()
            process.join()
            rows.append(Row(f"empty ROUTER loop, {senders} senders", rate, "images/s", "no disk, no promise"))
        return rows

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
    print(f"{'':44} {'measured':>10}  {'unit':12} {'ratio':>6}  of")
    for row in rows:
        ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
        print(f"{row.name:44} {row.value:>10,.2f}  {row.unit:12} {ratio:>6}  {row.against}")


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
