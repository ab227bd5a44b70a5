"""Kill a recovery at each of its steps: `python interrupting.py DIRECTORY NOW STRIDE`.

A copy of the data directory is recovered by a process that dies, as by SIGKILL, before the Nth line of code that it
runs; then it is recovered for good. Printed is a JSON object: how many lines there were, and the N whose end is not
what a recovery without interruption leaves.
"""

import json
import os
import shutil
import sys
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

from imagehub import images, journal, recovery

WATCHED = {module.__file__ for module in (images, journal, recovery)}
KILLED = 137


def killed_at(root: Path, now: datetime, step: int) -> bool:
    """Recover in a child that dies before a step; return whether it did."""
    child = os.fork()
    if child == 0:
        sys.settrace(_Countdown(step))
        recovery.recover(root, now)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


class _Countdown:
    def __init__(self, steps: int) -> None:
        self._left = steps

    def __call__(self, frame: FrameType, event: str, argument: Any) -> "_Countdown | None":
        if frame.f_code.co_filename not in WATCHED:
            return None
        self._left -= event == "line"
        if self._left <= 0:
            os._exit(KILLED)
        return self


def tree(root: Path) -> dict[str, str]:
    """Return every file that counts, with what is in it."""
    files = [path for path in root.rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): path.read_bytes().hex() for path in files if path.suffix != ".new"}


def main(directory: Path, now: datetime, stride: int) -> dict[str, Any]:
    """Try every `stride`th step."""
    copy = directory.with_name("copy")
    wrong, step, going_on = [], 1, True
    whole = directory.with_name("whole")
    shutil.copytree(directory, whole)
    recovery.recover(whole, now)
    expected = tree(whole)
    while going_on:
        shutil.copytree(directory, copy)
        going_on = killed_at(copy, now, step)
        recovery.recover(copy, now)
        if tree(copy) != expected:
            wrong.append(step)
        shutil.rmtree(copy)
        step += stride
    return {"steps": step, "wrong": wrong}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), int(sys.argv[3]))))
