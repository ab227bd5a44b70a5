"""The order of system calls: no reply leaves before the flush that covers it has returned."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from ledger import Ledger
from requirements_here import require
from running import running_hub, until

# strace -f puts the thread first, and splits a call in two lines when another thread's comes between.
_FLUSHED = re.compile(r"(\d+) +(?:syncfs\(\d+\)|<\.\.\. syncfs resumed>\)) += 0")
_REPLY = re.compile(r'(\d+) +sendto\(\d+, "R')  # a frame of replies begins with the byte R


@contextmanager
def traced(process: int, output: Path) -> Iterator[None]:
    """Trace the flushes and sends of a process and its threads."""
    calls = ["-e", "trace=syncfs,sendto", "-s", "8", "-o", str(output)]
    command = ["strace", "-f", "-p", str(process), *calls]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr is not None
        assert "attached" in strace.stderr.readline()
        yield
        strace.terminate()


def replies_and_flushes(trace: str) -> list[tuple[str, str]]:
    """Return (thread, "flush" or "reply") of what was traced, in order."""
    kinds = {"flush": _FLUSHED, "reply": _REPLY}
    found = [(kind, pattern.match(line)) for line in trace.splitlines() for kind, pattern in kinds.items()]
    return [(match[1], kind) for kind, match in found if match]


def trace_of(folder: Path, durability: str) -> list[tuple[str, str]]:
    """Trace a hub under six senders for some hundred images."""
    require(shutil.which("strace") is not None, "strace is not installed")
    output = folder / "trace"
    with running_hub(folder, durability=durability) as hub:
        ledger = Ledger(hub.endpoint, senders=6, rate=0.0)
        with traced(int(hub.status()["pid"]), output):
            ledger.start()
            ledger.wait_for(200)
            until(lambda: output.stat().st_size > 0, "a trace")
        assert ledger.finish() == 0
    return replies_and_flushes(output.read_text())


def test_each_reply_is_preceded_by_its_flush(tmp_path: Path) -> None:
    """In the thread that replies, a flush returned between any two sends of replies."""
    calls = trace_of(tmp_path, "synced")
    replying = {thread for thread, call in calls if call == "reply"}
    assert len(replying) == 1
    in_order = [call for thread, call in calls if thread in replying]
    assert in_order.count("reply") > 20
    assert all(before == "flush" for before, call in pairwise(in_order) if call == "reply")


def test_the_trace_would_show_a_missing_flush(tmp_path: Path) -> None:
    """Negative control: with `durability: written` replies leave without any flush."""
    calls = [call for _, call in trace_of(tmp_path, "written")]
    assert calls.count("reply") > 20
    assert "flush" not in calls


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('12 sendto(5, "R\\16\\0\\0\\0"..., 19, 0, NULL, 0) = 19', [("12", "reply")]),
        ('12 sendto(5, "R\\16\\0\\0\\0"..., 19, 0, NULL, 0 <unfinished ...>', [("12", "reply")]),
        ('12 sendto(5, "L\\16\\0\\0\\0"..., 19, 0, NULL, 0) = 19', []),
        ("13 syncfs(9)                         = 0", [("13", "flush")]),
        ("13 syncfs(9 <unfinished ...>", []),
        ("13 <... syncfs resumed>)             = 0", [("13", "flush")]),
        ("13 syncfs(9) = -1 EIO (Input/output error)", []),
    ],
)
def test_the_trace_is_read_right(line: str, expected: list[tuple[str, str]]) -> None:
    """Flushes that returned and replies that left are told from other calls."""
    assert replies_and_flushes(line) == expected
