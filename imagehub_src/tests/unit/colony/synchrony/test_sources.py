"""The state of the machine's clock, from what the tools really print."""

import sys
import time
from collections.abc import Mapping, Sequence

import pytest

from imagehub.colony.synchrony import sources
from imagehub.colony.synchrony.sources import ClockState, Kernel

KEPT, UNKEPT = (
    Kernel(synchronised=True, largest_error_ns=1_500_000),
    Kernel(synchronised=False, largest_error_ns=16 * 10**9),
)

# chrony 4.3: a client of a server on the same machine; the reference of its own; a client that has reached nobody.
CHRONY_FOLLOWS = (
    "7F000001,127.0.0.1,9,1795290489.717289320,-0.000001917,0.000000019,0.000000125,0.027,0.001,0.122,"
    "0.000005831,0.000001140,0.3,Normal\n"
)
CHRONY_LOCAL = "7F7F0101,,8,1795290453.629310999,0.0,0.0,0.0,0.000,0.000,0.000,0.000000000,0.000000000,0.0,Normal\n"
CHRONY_ALONE = (
    "00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,1.000000000,1.000000000,0.0,"
    "Not synchronised\n"
)

# linuxptp 3.1.1: the grandmaster itself; a client that has just found it, and one that follows.
PMC_MASTER = """sending: GET TIME_STATUS_NP
\t000000.fffe.000000-0 seq 0 RESPONSE MANAGEMENT TIME_STATUS_NP\x20
\t\tmaster_offset              0
\t\tingress_time               0
\t\tcumulativeScaledRateOffset +0.000000000
\t\tscaledLastGmPhaseChange    0
\t\tgmTimeBaseIndicator        0
\t\tlastGmPhaseChange          0x0000'0000000000000000.0000
\t\tgmPresent                  false
\t\tgmIdentity                 000000.fffe.000000
"""
PMC_FOUND = """sending: GET TIME_STATUS_NP
sending: GET PORT_DATA_SET
\t5690d4.fffe.c58471-0 seq 0 RESPONSE MANAGEMENT TIME_STATUS_NP\x20
\t\tmaster_offset              340
\t\tingress_time               1795291451610979718
\t\tcumulativeScaledRateOffset +0.000000000
\t\tscaledLastGmPhaseChange    0
\t\tgmTimeBaseIndicator        0
\t\tlastGmPhaseChange          0x0000'0000000000000000.0000
\t\tgmPresent                  true
\t\tgmIdentity                 92747f.fffe.30e934
\t5690d4.fffe.c58471-1 seq 1 RESPONSE MANAGEMENT PORT_DATA_SET\x20
\t\tportIdentity            5690d4.fffe.c58471-1
\t\tportState               UNCALIBRATED
\t\tlogMinDelayReqInterval  0
\t\tpeerMeanPathDelay       0
\t\tlogAnnounceInterval     1
\t\tannounceReceiptTimeout  3
\t\tlogSyncInterval         0
\t\tdelayMechanism          1
\t\tlogMinPdelayReqInterval 0
\t\tversionNumber           2
"""
PMC_CLIENT = PMC_FOUND.replace("UNCALIBRATED", "SLAVE")
PMC_SILENT = "sending: GET TIME_STATUS_NP\n"

TIMEDATECTL = """Timezone=Europe/London
LocalRTC=no
CanNTP=yes
NTP=yes
NTPSynchronized=yes
TimeUSec=Mon 2026-09-21 10:10:10 BST
RTCTimeUSec=Mon 2026-09-21 10:10:10 BST
"""
TIMESYNC = """       Server: 162.159.200.1 (0.debian.pool.ntp.org)
Poll interval: 34min 8s (min: 32s; max 34min 8s)
         Leap: normal
      Version: 4
      Stratum: 3
    Reference: A4B0811
    Precision: 1us (-25)
Root distance: 12.497ms (max: 5s)
       Offset: -1.023ms
        Delay: 11.862ms
       Jitter: 2.093ms
 Packet count: 21
    Frequency: +12.345ppm
"""


def state_of(outputs: Mapping[str, str], programs: Sequence[str] = (), kernel: Kernel | None = UNKEPT) -> ClockState:
    """Return the state on a machine where these words make a command print this, and others are absent."""

    def ask(command: Sequence[str]) -> str | None:
        return next((text for words, text in outputs.items() if words in " ".join(command)), None)

    return sources.state(ask, lambda: frozenset(programs), lambda: kernel)


def test_chrony_that_follows_a_server() -> None:
    """Its own bound of the error: correction, dispersion and half the delay."""
    found = state_of({"chronyc": CHRONY_FOLLOWS})
    assert (found.kind, found.synchronised, found.error_ns) == ("chrony", True, 1917 + 1140 + 2915)
    assert found.detail == "chrony follows 127.0.0.1, stratum 9, 1.9 us off, 0.006 ms at most"


@pytest.mark.parametrize(("output", "words"), [(CHRONY_LOCAL, "no other clock"), (CHRONY_ALONE, "no source")])
def test_chrony_that_follows_nobody(output: str, words: str) -> None:
    """A clock that is its own reference is not synchronised with any other."""
    found = state_of({"chronyc": output})
    assert (found.kind, found.synchronised) == ("chrony", False)
    assert words in found.detail


@pytest.mark.parametrize("output", ["", "506 Cannot talk to daemon\n", "a,b,c,d,e,f,g,h,i,j,k,l,m,n\n", "1,2,3\n"])
def test_what_is_no_tracking_of_chrony_tells_nothing(output: str) -> None:
    """An unexpected output is as good as none."""
    assert state_of({"chronyc": output}).kind == "none"


def test_ptp_with_phc2sys() -> None:
    """ptp4l follows a master, and phc2sys carries that to the machine's clock."""
    found = state_of({"pmc": PMC_CLIENT}, ["ptp4l", "phc2sys"])
    assert (found.kind, found.synchronised) == ("ptp", True)
    assert found.detail == "ptp4l follows 92747f.fffe.30e934, 340 ns off; phc2sys runs"


def test_ptp_of_the_card_alone_is_not_taken_for_the_machines() -> None:
    """Without phc2sys, and with a kernel that knows of nobody who keeps the clock, it can't be told."""
    assert state_of({"pmc": PMC_CLIENT}, ["ptp4l"]).synchronised is None
    assert state_of({"pmc": PMC_CLIENT}, ["ptp4l"], KEPT).synchronised is True


def test_ptp_that_has_only_just_found_a_master() -> None:
    """It knows one and does not follow it yet."""
    found = state_of({"pmc": PMC_FOUND}, ["ptp4l", "phc2sys"])
    assert (found.kind, found.synchronised) == ("ptp", False)
    assert "(UNCALIBRATED)" in found.detail


def test_ptp_without_a_master_and_without_an_answer() -> None:
    """A grandmaster follows nobody; of a ptp4l that may not be asked nothing is known; without one there is no PTP."""
    assert state_of({"pmc": PMC_MASTER}, ["ptp4l"]).synchronised is False
    assert state_of({"pmc": PMC_SILENT}, ["ptp4l"]) == ClockState("ptp", None, "ptp4l runs, and pmc can't ask it")
    assert state_of({"pmc": PMC_SILENT}).kind == "none"


def test_timesyncd() -> None:
    """Server and offset; the error is offset and root distance."""
    found = state_of({"timesync-status": TIMESYNC, "timedatectl show": TIMEDATECTL})
    assert (found.kind, found.synchronised, found.error_ns) == ("timesyncd", True, 1_023_000 + 12_497_000)
    assert found.detail == "systemd-timesyncd follows 162.159.200.1 (0.debian.pool.ntp.org), -1.023ms off"


def test_timesyncd_that_waits_for_a_server() -> None:
    """Enabled, and not there yet."""
    shown = TIMEDATECTL.replace("NTPSynchronized=yes", "NTPSynchronized=no")
    assert state_of({"timesync-status": "       Server: n/a\n", "timedatectl show": shown}).synchronised is False


def test_another_service_behind_timedatectl_is_not_timesyncd() -> None:
    """With chrony as the service of systemd there is no timesync-status."""
    assert state_of({"timedatectl show": TIMEDATECTL}, kernel=KEPT).kind == "none"


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [("-1.023ms", -1_023_000), ("+35us", 35_000), ("1min 2.5s", 62_500_000_000), ("12ms (max: 5s)", 12_000_000),
     ("n/a", None), ("", None)],
)  # fmt: skip
def test_spans_as_systemd_prints_them(text: str, nanoseconds: int | None) -> None:
    """Several units in a row, a sign, and remarks in brackets."""
    assert sources._nanoseconds(text) == nanoseconds


def test_a_service_that_follows_goes_before_one_that_does_not() -> None:
    """An idle ptp4l does not hide a chrony that keeps the clock."""
    assert state_of({"pmc": PMC_MASTER, "chronyc": CHRONY_FOLLOWS}, ["ptp4l"]).kind == "chrony"


@pytest.mark.parametrize(("kernel", "synchronised"), [(KEPT, True), (UNKEPT, False), (None, None)])
def test_the_kernel_is_the_floor(kernel: Kernel | None, synchronised: bool | None) -> None:
    """Without any tool the kernel's bits are what is known."""
    found = state_of({}, kernel=kernel)
    assert (found.kind, found.synchronised) == ("none", synchronised)


def test_a_command_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended when its time is over, and tells nothing."""
    monkeypatch.setattr(sources, "TIMEOUT_SECONDS", 0.2)
    began = time.monotonic()
    assert sources.ask([sys.executable, "-c", "import time; time.sleep(60)"]) is None
    assert time.monotonic() - began < 10


def test_a_command_that_fails_or_is_absent_tells_nothing() -> None:
    """Neither its absence nor its complaint is an exception."""
    assert sources.ask(["no-such-command-here"]) is None
    assert sources.ask([sys.executable, "-c", "print('x'); raise SystemExit(1)"]) is None
    assert sources.ask([sys.executable, "-c", "print('x')"]) == "x\n"


def test_this_machine_can_be_asked() -> None:
    """Really: without raising, and with a kernel that answers."""
    assert sources.state().kind in {"chrony", "ptp", "timesyncd", "none"}
    floor = sources.kernel()
    assert floor is None or floor.largest_error_ns >= 0
    assert sources.processes()
