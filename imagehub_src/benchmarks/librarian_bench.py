"""`./run bench librarian`: the librarian's pages, ingest, memory, and what the hub loses to it, in one run.

Each figure stands beside its goal, or beside the machine's own limit measured seconds before. Nothing else should run
meanwhile. docs/ref/performance.md says how to read it.
"""

import argparse
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode

import yaml

from bench import Row, print_table, say
from imagehub.journal import Journal
from imagehub.librarian import catalog
from imagehub.librarian.ingest import Ingest
from librarian_data import fill
from measured_hub import MeasuredHub, free_port, load, measured_hub

PASSWORD = "a password for measuring"
VIEWERS = 10
# People look at a page before they ask for the next one.
LOOK_SECONDS = 1.0
ENTRIES = 60_000
HUB_SECONDS = 4.0
ROUNDS = 3
DAY = "2026-01-31"


def pages(day: str) -> dict[str, str]:
    """Return the pages that are measured, by name."""
    return {
        "wall": "/",
        "gallery": "/gallery",
        "gallery, a camera and day": f"/gallery?camera=7&day={day}",
        "gallery, nights of a camera": "/gallery?camera=3&since=22:00&until=05:00",
        "gallery, after motion": "/gallery?event=motion",
        "gallery, person": "/gallery?object=person",
        "gallery, a plate": "/gallery?plate=*7*1*",
        "gallery, held": "/gallery?held=on",
        "timeline": f"/timeline?day={day}",
        "image": "/images/500000",
        "events": "/events",
        "events of a camera": "/events?camera=9&kind=temperature",
        "chart, a day": "/readings?span=day",
        "chart, a month": "/readings?span=month",
        "objects": "/objects",
        "plates": "/plates",
        "plate": "/plates?text=*7*1*",
        "cameras": "/cameras",
        "rules": "/rules",
        "storage": "/storage",
        "hubs": "/hubs",
        "audit log": "/audit",
        "API: images": "/api/v1/images",
    }


class Librarian:
    """A librarian as users start it, and somebody who is signed in."""

    def __init__(self, folder: Path, hub: Path, database: str, words: Sequence[str] = ()) -> None:
        self.port = free_port()
        settings = {
            "librarian": {"hub_directory": str(hub), "database": database},
            "web": {"port": self.port},
            "retention": {"min_free_bytes": 0},
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "librarian.yaml").write_text(yaml.safe_dump(settings))
        self._log = folder / "log"
        command = [*words, sys.executable, "-m", "imagehub.librarian", "run", "--path", str(folder)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stderr=log)
        while b"web page: " not in self._log.read_bytes():
            if self._process.poll() is not None:
                raise SystemExit(self._log.read_text())
            time.sleep(0.05)
        self.cookie = ""

    def sign_in(self) -> None:
        """Make the first administrator; in a catalog that was measured before, be that one."""
        links = re.findall(r"/first/(\S+)", self._log.read_text())
        form = {"name": "admin", "password": PASSWORD} | ({"secret": links[-1]} if links else {})
        with closing(HTTPConnection("127.0.0.1", self.port)) as connection:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", "/first" if links else "/sign-in", urlencode(form), headers)
            self.cookie = (connection.getresponse().getheader("Set-Cookie") or "").partition(";")[0]

    def get(self, connection: HTTPConnection, path: str) -> float:
        """Ask for a page and return the milliseconds until all of it was there."""
        began = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": f"{self.cookie}; imagehub_zone=Europe/Berlin"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
        return (time.perf_counter() - began) * 1e3

    def memory_bytes(self) -> int:
        """Return the most memory that it ever had."""
        text = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+)", text)[0]) * 1024

    def cpu_seconds(self) -> float:
        """Return its CPU time up to now."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End it and wait."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)


@contextmanager
def librarian(folder: Path, hub: Path, database: str, words: Sequence[str] = ()) -> Iterator[Librarian]:
    """Give a librarian; end it afterwards."""
    made = Librarian(folder, hub, database, words)
    try:
        yield made
    finally:
        made.stop()


def measure_pages(folder: Path, database: str, day: str, seconds: float) -> list[Row]:
    """Ask for each page alone, then let viewers look at all of them side by side."""
    with librarian(folder / "pages", folder / "no-hub", database) as shown:
        shown.sign_in()
        with closing(HTTPConnection("127.0.0.1", shown.port)) as connection:
            for path in pages(day).values():  # statements are compiled, and templates read, once
                shown.get(connection, path)
            first = [shown.get(connection, "/gallery") for _ in range(50)]
        rows = [Row("gallery, alone, p95", _p95(first), "ms", "goal 60 ms", 60, at_most=True)]
        seen = _viewers(shown, day, seconds)
        for name, times in seen.items():
            rows.append(Row(f"{name}, p95", _p95(times), "ms", "goal 150 ms", 150, at_most=True))
        rows.append(
            Row("librarian's memory at most", shown.memory_bytes() / 1e6, "MB", "goal 200 MB", 200, at_most=True)
        )
    return rows


def _viewers(shown: Librarian, day: str, seconds: float) -> dict[str, list[float]]:
    seen: dict[str, list[float]] = {name: [] for name in pages(day)}
    end = time.monotonic() + seconds

    def look(number: int) -> None:
        names = list(pages(day).items())
        names = names[number * 2 :] + names[: number * 2]
        time.sleep(LOOK_SECONDS * number / VIEWERS)
        with closing(HTTPConnection("127.0.0.1", shown.port)) as connection:
            while time.monotonic() < end:
                for name, path in names:
                    seen[name].append(shown.get(connection, path))
                    time.sleep(LOOK_SECONDS)

    with ThreadPoolExecutor(VIEWERS) as viewers:
        list(viewers.map(look, range(VIEWERS)))
    return seen


def measure_ingest(folder: Path) -> list[Row]:
    """Take in a journal, beside rows of the same size that SQLite gets from a loop."""
    hub = folder / "ingest"
    _write_journal(hub)
    engine = catalog.connect(f"sqlite:///{folder / 'ingest.sqlite'}")
    began = time.perf_counter()
    taken = Ingest(engine, hub).follow()
    rate = taken / (time.perf_counter() - began)
    engine.dispose()
    limit = _plain_inserts(folder / "plain.sqlite")
    return [
        Row("ingest", rate, "entries/s", "SQLite's plain inserts", limit),
        Row("ingest", rate, "entries/s", "goal 5,000", 5000),
    ]


def _write_journal(hub: Path) -> None:
    (hub / "journal").mkdir(parents=True)
    with closing(Journal(hub / "journal", None)) as lines:
        for start in range(0, ENTRIES, 1000):
            lines.append([_entry(number) for number in range(start + 1, start + 1001)], DAY)
            lines.commit(lines.written)


def _entry(number: int) -> dict[str, Any]:
    node = f"node{number % 24}"
    about = {
        "time": f"{DAY}T12:00:{number // 1001 % 60:02d}.{number:06d}+01:00",
        "node": node,
        "view": "P1",
        "request": "",
    }
    if number % 3:
        return about | {"kind": "event", "type": "Temp", "text": f"{node} P1|Temp|{number % 40} F"}
    path = f"images/{DAY}/{node}-P1-{DAY}T12.00.00.{number:06d}.jpg"
    stored = {"path": path, "bytes": 50_000, "checksum": "crc32:00000000"}
    return about | {"kind": "image", "type": "jpg", "text": f"{node} P1|jpg|"} | stored


def _plain_inserts(path: Path) -> float:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("CREATE TABLE plain (id INTEGER PRIMARY KEY, camera, time, day, text, path, bytes)")
        for columns in ("camera, time", "camera, day, time", "time"):
            connection.execute(f'CREATE INDEX "{columns}" ON plain ({columns})')
        rows = [(None, n % 24, n, DAY, "node P1|jpg|", f"images/{DAY}/{n}.jpg", 50_000) for n in range(ENTRIES)]
        began = time.perf_counter()
        for start in range(0, ENTRIES, 2000):
            with connection:
                connection.executemany("INSERT INTO plain VALUES (?, ?, ?, ?, ?, ?, ?)", rows[start : start + 2000])
        return ENTRIES / (time.perf_counter() - began)


def measure_beside_a_hub(folder: Path) -> list[Row]:
    """Let a hub store with and without a librarian, in turns; and let one librarian keep up on one core."""
    alone, beside, cpu = [], [], []
    for number in range(ROUNDS):
        with measured_hub(folder / f"alone{number}") as hub:
            alone.append(load(hub.endpoint, 12, 50_000, HUB_SECONDS, 20).p99 * 1e3)
        with (
            measured_hub(folder / f"beside{number}") as hub,
            _following(folder / f"following{number}", hub) as follower,
        ):
            before = follower.cpu_seconds()
            beside.append(load(hub.endpoint, 12, 50_000, HUB_SECONDS, 20).p99 * 1e3)
            cpu.append((follower.cpu_seconds() - before) / HUB_SECONDS)
    rates = [_rates(folder / f"full{number}") for number in range(ROUNDS)]
    with (
        measured_hub(folder / "thousand") as hub,
        _following(folder / "keeps-up", hub, ["taskset", "-c", "0"]) as follower,
    ):
        sent = load(hub.endpoint, 50, 10_000, HUB_SECONDS * 2, 20)
        time.sleep(1.0)
        # Some are stored whose `OK` no sender waited for any more.
        behind = max(0, sent.acknowledged - _cataloged(folder / "keeps-up"))
    return [
        Row(
            "hub with a librarian, as fast as it answers",
            median(r[1] for r in rates),
            "images/s",
            "without",
            median(r[0] for r in rates),
        ),
        Row("hub with a librarian, 240 images/s: p99", median(beside), "ms", "without", median(alone), at_most=True),
        Row("librarian at 240 images/s", median(cpu) * 100, "% of a core", ""),
        Row(f"behind a second after {sent.rate:,.0f} images/s", behind, "images", "goal 0"),
    ]


def _rates(folder: Path) -> tuple[float, float]:
    with measured_hub(folder / "alone") as hub:
        alone = load(hub.endpoint, 12, 50_000, HUB_SECONDS).rate
    with measured_hub(folder / "beside") as hub, _following(folder / "following", hub):
        return alone, load(hub.endpoint, 12, 50_000, HUB_SECONDS).rate


@contextmanager
def _following(folder: Path, hub: MeasuredHub, words: Sequence[str] = ()) -> Iterator[Librarian]:
    with librarian(folder, hub.data, f"sqlite:///{folder / 'catalog.sqlite'}", words) as made:
        yield made


def _cataloged(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        return int(connection.execute("SELECT count(*) FROM images WHERE path LIKE '%node%'").fetchone()[0])


def _p95(times: Sequence[float]) -> float:
    return quantiles(times, n=20)[-1] if len(times) > 1 else times[0]


def main(words: Sequence[str]) -> int:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(prog="./run bench librarian", description=__doc__)
    parser.add_argument("--folder", type=Path, help="where to measure (default: a new one beside the project)")
    parser.add_argument("--catalog", type=Path, help="an SQLite catalog that is filled already, or is to be")
    parser.add_argument("--seconds", type=float, default=60, help="how long the viewers look")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args(words)
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        path = args.catalog or folder / "million.sqlite"
        now = datetime.now(UTC)
        if not path.exists():
            say("filling a catalog with 1,000,000 images and 2,000,000 events")
            engine = catalog.connect(f"sqlite:///{path}")
            fill(engine, end=now)
            engine.dispose()
        say("ingest")
        rows = measure_ingest(folder)
        say("pages")
        rows += measure_pages(folder, f"sqlite:///{path}", f"{now:%Y-%m-%d}", args.seconds)
        say("beside a hub")
        rows += measure_beside_a_hub(folder)
    if args.json:
        print(json.dumps([vars(row) | {"ratio": row.ratio} for row in rows], indent=2))
    else:
        print_table(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
