"""Workers of `run` are there while it is, and what keeps them from starting is said once."""

import logging
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

import pytest
from sqlalchemy import Engine, select

from happenings import NOON, world
from imagehub.librarian.catalog import writing
from imagehub.librarian.schema import images
from imagehub.librarian.schema import jobs as table
from imagehub.librarian.vision import supervising
from imagehub.librarian.vision.queue import jobs, workers
from running import until

# Ends when its standard input does, as a worker.
WAITS = "import sys; open(sys.argv[1], 'a').write('x'); sys.stdin.read()"
REFUSES = "import sys; open(sys.argv[1], 'a').write('x'); print('model coco-ssd is not installed'); sys.exit(1)"
STUBBORN = "import signal, sys; signal.signal(15, 1); open(sys.argv[1], 'a').write('x'); signal.pause()"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often, and wait little."""
    monkeypatch.setattr(supervising, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(supervising, "SHORTEST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(supervising, "END_SECONDS", 0.2)


class Supervised:
    """A part that keeps processes of a program, which notes each start."""

    def __init__(self, engine: Engine, folder: Path, program: str, count: int = 1) -> None:
        self._starts = folder / "starts"
        words = [sys.executable, "-c", program, str(self._starts)]
        self.stop = threading.Event()
        self.thread = threading.Thread(target=supervising.part(engine, count, words), args=(self.stop,))

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(30)
        assert not self.thread.is_alive()

    def starts(self) -> int:
        """Return how many processes were started."""
        return len(self._starts.read_text()) if self._starts.exists() else 0


def test_so_many_processes_are_kept_and_ended(engine: Engine, tmp_path: Path) -> None:
    """Those that end well when they are told to."""
    with Supervised(engine, tmp_path, WAITS, count=2) as kept:
        until(lambda: kept.starts() == 2, "both")
    assert kept.starts() == 2


def test_one_that_does_not_end_is_made_to(engine: Engine, tmp_path: Path) -> None:
    """After a while."""
    with Supervised(engine, tmp_path, STUBBORN) as kept:
        until(lambda: kept.starts() == 1, "it")


def test_why_workers_can_not_start_is_said_once(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """However often it is tried."""
    with caplog.at_level(logging.ERROR), Supervised(engine, tmp_path, REFUSES) as kept:
        until(lambda: kept.starts() >= 3, "three tries")
    assert caplog.text.count("model coco-ssd is not installed") == 1


def test_the_job_of_one_that_ended_is_free_at_once(tmp_path: Path) -> None:
    """Nobody waits for the end of its lease; and the next one is started."""
    with world(tmp_path) as barn:
        number = barn.image(barn.camera(), NOON)
        kept = supervising.Kept(barn.engine, [sys.executable, "-c", "import sys; sys.stdin.read()"])
        kept.look(0.0)
        process = kept._process
        assert process is not None
        name = workers.name_of(process.pid)
        with writing(barn.engine) as connection:
            jobs.put(connection, jobs.OBJECTS, images.c.id == number, jobs.EVENT, NOON)
            now_us = time.time_ns() // 1000
            jobs.take(connection, name, now_us, jobs.KINDS, 3600 * jobs.SECOND)
            workers.beat(connection, name, "m", now_us, now_us)
        process.kill()
        process.wait()
        kept.look(1.0)
        with barn.engine.connect() as connection:
            assert connection.execute(select(table.c.due_us)).scalar_one() <= time.time_ns() // 1000
        kept.look(2.0)
        assert kept._process not in {None, process}
        kept.ask_to_end()
        kept.end(30)


def test_workers_get_the_settings_that_run_was_given(tmp_path: Path) -> None:
    """Or none, where it was given none."""
    assert supervising.command(tmp_path)[1:] == [
        "-m", "imagehub.librarian", "worker", "--supervised", "--path", str(tmp_path),
    ]  # fmt: skip
    assert "--path" not in supervising.command(None)


def test_a_process_ends_with_its_supervisor_however_that_ends(tmp_path: Path) -> None:
    """Its standard input does, after a SIGKILL too."""
    code = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {WAITS!r}, sys.argv[1]], stdin=subprocess.PIPE)\n"
        "print(child.pid, flush=True)\ntime.sleep(600)"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "starts")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = Path("/proc") / parent.stdout.readline().strip()
        until((tmp_path / "starts").exists, "the child")
        parent.kill()
    until(lambda: not child.exists() or "Z" in (child / "stat").read_text().split()[2], "its end")
