#!/usr/bin/env python3
"""On the control node: put a component that deploy.py uploaded into the project, and run its playbook.

    receive.py --archive PATH --sha256 HEX --component NAME --project DIR --path P [--path P ...] --playbook P
               [--tags deploy] [--limit HOST] [--inventory I]

The exit code is the playbook's; 11: the archive is refused, 12: another update is running, 13: the control node lacks
something. Unless it is 0, the project holds the code that it held before. Needs Python 3.11 and nothing else.
"""

import argparse
import fcntl
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NoReturn

from receive_archive import check_sum, unpack
from receive_errors import BROKEN, BUSY, UpdateError
from receive_swap import Swap, described, remove, swapped

LOCK = ".receive.lock"


class Voice:
    """Says lines at once, to all who listen; one who has hung up does not disturb the others."""

    def __init__(self, *listeners: IO[str]) -> None:
        self._listeners = list(listeners)

    def line(self, text: str) -> None:
        """Say a line."""
        for listener in tuple(self._listeners):
            try:
                print(text, file=listener, flush=True)
            except OSError:
                self._listeners.remove(listener)


def main(argv: Sequence[str]) -> int:
    """Update what the command line names; return the exit code."""
    job = _parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):  # whatever locale the workstation sent
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with one_at_a_time(job.project, job.component), log_of(job) as log:
            return _said(job, Voice(sys.stdout, log))
    except UpdateError as error:
        print(f"receive: {error}", file=sys.stderr, flush=True)
        return error.code


def _end(_number: int, _frame: object) -> NoReturn:
    raise UpdateError(BROKEN, "ended by a signal")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(BROKEN, f"receive: {message}; deploy.py there and receive.py here must be of one release\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="receive.py", description="Put an uploaded component into the project, run its playbook.")
    for name in ("--archive", "--project"):
        parser.add_argument(name, type=_path, required=True)
    parser.add_argument("--sha256", required=True)
    parser.add_argument("--component", type=_name, required=True)
    parser.add_argument("--playbook", type=_inside, required=True)
    replaced = "a part of the project that the archive replaces; repeatable"
    parser.add_argument("--path", type=_inside, action="append", required=True, dest="paths", help=replaced)
    parser.add_argument("--tags", default="deploy")
    for name in ("--limit", "--inventory"):
        parser.add_argument(name)
    return parser


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name")
    return text


def _inside(text: str) -> str:
    if text.startswith("-") or not text.isprintable() or {"", ".", ".."} & set(text.split("/")):
        raise argparse.ArgumentTypeError(f"{text!r} is no path inside the project")
    return text


def _said(job: argparse.Namespace, voice: Voice) -> int:
    """Update; what goes wrong is said and logged."""
    try:
        return update(job, voice)
    except UpdateError as error:
        voice.line(f"receive: {error}")
        return error.code
    except OSError as error:
        voice.line(f"receive: {error}; mend that on the control node and try again")
        return BROKEN


def update(job: argparse.Namespace, voice: Voice) -> int:
    """Return the playbook's status; unless it is 0, the project holds what it held before.

    Raises:
        UpdateError: nothing was changed, or it was put back.
        OSError: likewise.
    """
    swaps = [Swap(path, job.project / path) for path in job.paths]
    command = playbook_command(job)
    for swap in swaps:
        swap.heal()
    before = described(swaps, job.component)
    try:
        check_sum(job.archive, job.sha256)
        unpack(job.archive, swaps)
        status = _try(job, swaps, command, voice, before)
    finally:
        for swap in swaps:
            remove(swap.staged)
    if status == 0:
        job.archive.unlink(missing_ok=True)
    return status


class _PlaybookError(Exception):
    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(status)


def _try(job: argparse.Namespace, swaps: Sequence[Swap], command: list[str], voice: Voice, before: str) -> int:
    voice.line(f"before: {before}")
    try:
        with swapped(swaps):
            voice.line(f"after:  {described(swaps, job.component)}")
            status = play(command, job.project, voice)
            if status:
                raise _PlaybookError(status)
    except _PlaybookError as failed:
        voice.line(
            f"receive: the playbook failed ({failed.status}); the project has its former code again ({before}), so "
            f"that the next run does not deploy the failing one; the archive is kept as {job.archive}"
        )
        return failed.status
    voice.line("receive: the playbook succeeded")
    return 0


@contextmanager
def one_at_a_time(project: Path, component: str) -> Iterator[None]:
    """Hold the project's lock.

    Raises:
        UpdateError: there is no such project, or another update holds the lock.
    """
    if not project.is_dir():
        raise UpdateError(BROKEN, f"no folder {project}: put the repository there, or mend project_path")
    try:
        lock = (project / LOCK).open("a+", encoding="utf-8")
    except OSError as error:
        raise UpdateError(BROKEN, f"{error}; the project must belong to the user that updates it") from error
    with lock:
        _take(lock, component)
        try:
            yield
        finally:
            lock.truncate(0)


def _take(lock: IO[str], component: str) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        other = lock.read().strip() or "one that just began"
        text = f"another update is running ({other}); nothing was changed, try again when it has ended"
        raise UpdateError(BUSY, text) from error
    lock.truncate(0)
    lock.write(f"{component}, process {os.getpid()}, since {time.strftime('%H:%M:%S %Z')}\n")
    lock.flush()


def log_of(job: argparse.Namespace) -> IO[str]:
    """Open the log of this update, beside the archive.

    Raises:
        UpdateError: it can't be written.
    """
    try:
        log: IO[str] = (job.archive.parent / f"{job.component}.log").open("w", encoding="utf-8")
    except OSError as error:
        raise UpdateError(BROKEN, f"{error}; the transfer cache must be a folder that this user can write") from error
    return log


def playbook_command(job: argparse.Namespace) -> list[str]:
    """Return what to run in the project.

    Raises:
        UpdateError: there is no such playbook, or no Ansible.
    """
    if not (job.project / job.playbook).is_file():
        raise UpdateError(BROKEN, f"no {job.playbook} in {job.project}: update the repository there (git pull)")
    own = job.project / ".venv" / "bin" / "ansible-playbook"
    program = str(own) if own.exists() else shutil.which("ansible-playbook")
    if program is None:
        raise UpdateError(BROKEN, f"no ansible-playbook: run ./run control in {job.project}")
    inventory = ["--inventory", os.path.expanduser(job.inventory)] if job.inventory else []  # noqa: PTH111 as given
    limit = ["--limit", job.limit] if job.limit else []
    return [program, job.playbook, "--tags", job.tags, *limit, *inventory]


def play(command: Sequence[str], project: Path, voice: Voice) -> int:
    """Run the playbook in the project, say its lines as they come, return its status."""
    # Ansible wants UTF-8, and a workstation may send the name of a locale that is not known here.
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(
        command, cwd=project, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
    ) as process:  # fmt: skip
        assert process.stdout is not None, "it is a pipe"
        try:
            for line in process.stdout:
                voice.line(line.rstrip("\n"))
        except BaseException:
            process.terminate()
            raise
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
