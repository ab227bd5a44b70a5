"""What keeps this machine's clock right: chrony, PTP, systemd-timesyncd, or nothing that can be found.

Each service is asked by its own command, none of which may take longer than two seconds; one that is not there tells
nothing. What the kernel says of its clock (adjtimex) is known everywhere and stands below all of them.
"""

import ctypes
import re
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

TIMEOUT_SECONDS = 2.0
TIME_ERROR, STA_UNSYNC = 5, 0x0040  # adjtimex(2)
OWN_CLOCK = "7F7F0101"  # the reference identifier of chrony's `local` directive: it follows nobody

Ask = Callable[[Sequence[str]], str | None]


@dataclass(frozen=True, slots=True)
class ClockState:
    """Which service keeps the clock; whether it follows another clock at present, None where that can't be told.

    `error_ns` is by how much the service itself says that the clock may be wrong, None where it does not say.
    """

    kind: Literal["chrony", "ptp", "timesyncd", "none"]
    synchronised: bool | None
    detail: str
    error_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Kernel:
    """What adjtimex tells: whether the clock is kept by somebody, and its largest error as the kernel reckons it."""

    synchronised: bool
    largest_error_ns: int


class _Timex(ctypes.Structure):
    """`struct timex` of adjtimex(2), up to what is read here; the rest is room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("room", ctypes.c_byte * 256),
    )


def ask(command: Sequence[str]) -> str | None:
    """Run a command and return what it printed; None where it is absent, fails, or takes longer than two seconds."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_SECONDS, check=False,
            stdin=subprocess.DEVNULL, env={"LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def processes(folder: Path = Path("/proc")) -> frozenset[str]:
    """Return the names of all programs that run."""
    names = set()
    for path in folder.glob("[0-9]*/comm"):
        with suppress(OSError):  # it ended just now
            names.add(path.read_text(errors="replace").strip())
    return frozenset(names)


def kernel() -> Kernel | None:
    """Return what the kernel says of its clock, without changing it; None where it can't be asked."""
    timex = _Timex()
    with suppress(OSError, AttributeError):
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
        if state >= 0:
            return Kernel(state != TIME_ERROR and not timex.status & STA_UNSYNC, timex.maxerror * 1_000)
    return None


def state(
    ask: Ask = ask, running: Callable[[], frozenset[str]] = processes, kernel: Callable[[], Kernel | None] = kernel
) -> ClockState:
    """Return what keeps this machine's clock. Nothing is raised, and it takes some seconds at most."""
    floor = kernel()
    programs = running()
    candidates = (ptp(ask, programs, floor), chrony(ask), timesyncd(ask))
    found = [each for each in candidates if each is not None]
    following = [each for each in found if each.synchronised]
    return (following or found or [_none(floor)])[0]


def chrony(ask: Ask) -> ClockState | None:
    """Return what `chronyc -c tracking` tells (its fields: chronyc(1)); None without chrony.

    The error is chrony's own bound: the present correction, the root dispersion and half the root delay.
    """
    fields = (ask(["chronyc", "-c", "tracking"]) or "").strip().split(",")
    if len(fields) != 14:
        return None
    try:
        stratum, correction, delay, dispersion = int(fields[2]), float(fields[4]), float(fields[10]), float(fields[11])
    except ValueError:
        return None
    if fields[13] == "Not synchronised":
        return ClockState("chrony", False, "chrony has no source that it trusts")
    if fields[0] == OWN_CLOCK:
        return ClockState(
            "chrony", False, f"chrony follows no other clock: its own is the reference (stratum {stratum})"
        )
    error = round((abs(correction) + dispersion + delay / 2) * 1e9)
    detail = f"chrony follows {fields[1] or fields[0]}, stratum {stratum}, {abs(correction) * 1e6:.1f} us off"
    return ClockState("chrony", True, f"{detail}, {error / 1e6:.3f} ms at most", error)


def ptp(ask: Ask, programs: frozenset[str], floor: Kernel | None) -> ClockState | None:
    """Return what ptp4l tells through `pmc` (TIME_STATUS_NP, PORT_DATA_SET); None where no ptp4l runs.

    ptp4l with hardware time stamps sets the clock of the network card alone; phc2sys carries that to the machine's.
    """
    told = ask(["pmc", "-u", "-b", "0", "GET TIME_STATUS_NP", "GET PORT_DATA_SET"]) or ""
    fields = dict(re.findall(r"^\s+(\w+)\s+(\S+)\s*$", told, flags=re.MULTILINE))
    if "gmPresent" not in fields:
        return ClockState("ptp", None, "ptp4l runs, and pmc can't ask it") if "ptp4l" in programs else None
    if fields["gmPresent"] != "true":
        return ClockState("ptp", False, "ptp4l follows no master: it is the grandmaster itself, or finds none")
    ports = re.findall(r"^\s+portState\s+(\S+)", told, flags=re.MULTILINE)
    if ports and "SLAVE" not in ports:
        return ClockState("ptp", False, f"ptp4l has found a master and does not follow it yet ({', '.join(ports)})")
    detail = f"ptp4l follows {fields.get('gmIdentity', 'a grandmaster')}, {fields.get('master_offset', '?')} ns off"
    if "phc2sys" in programs:
        return ClockState("ptp", True, f"{detail}; phc2sys runs")
    if floor is not None and floor.synchronised:
        return ClockState("ptp", True, f"{detail}; no phc2sys, but the kernel's clock is kept")
    return ClockState("ptp", None, f"{detail}; no phc2sys runs, so the machine's clock may not follow")


def timesyncd(ask: Ask) -> ClockState | None:
    """Return what `timedatectl` tells of systemd-timesyncd; None where that does not keep the clock."""
    shown = dict(re.findall(r"^(\w+)=(.*)$", ask(["timedatectl", "show"]) or "", flags=re.MULTILINE))
    status = dict(re.findall(r"^\s*([A-Z][\w ]*?): (.+)$", ask(["timedatectl", "timesync-status"]) or "", re.MULTILINE))
    if shown.get("NTP") != "yes" or not status:
        return None
    if shown.get("NTPSynchronized") != "yes" or "Offset" not in status:
        return ClockState("timesyncd", False, "systemd-timesyncd has not reached a server yet")
    detail = f"systemd-timesyncd follows {status.get('Server', 'a server')}, {status['Offset']} off"
    error = _nanoseconds(status["Offset"]), _nanoseconds(status.get("Root distance", ""))
    return ClockState("timesyncd", True, detail, None if None in error else sum(abs(each or 0) for each in error))


def _nanoseconds(text: str) -> int | None:
    """Return a time span as systemd prints it (`-1.023ms`, `1min 2.5s`), without what stands in brackets."""
    units = {"us": 1e3, "ms": 1e6, "s": 1e9, "min": 60e9, "h": 3600e9}
    words = re.sub(r"\(.*", "", text).replace("+", "").split()
    parts = [re.fullmatch(r"(-?)(\d+(?:\.\d+)?)(us|ms|s|min|h)", word) for word in words]
    if not parts or None in parts:
        return None
    total = sum(float(part[2]) * units[part[3]] for part in parts if part)
    return round(-total if text.lstrip().startswith("-") else total)


def _none(floor: Kernel | None) -> ClockState:
    if floor is None:
        return ClockState("none", None, "no chrony, PTP or systemd-timesyncd is found, and the kernel can't be asked")
    if floor.synchronised:
        return ClockState("none", True, "the kernel says that its clock is kept, by an unknown service",
                          floor.largest_error_ns)  # fmt: skip
    return ClockState("none", False, "nothing keeps this machine's clock: install chrony, or enable systemd-timesyncd")
