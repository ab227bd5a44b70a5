"""What a unit of systemd is able to do, looked at while it runs and not read from its file."""

import re
from collections.abc import Iterable

from testinfra.host import Host


def pid(host: Host, unit: str) -> str:
    """Return the process of a unit."""
    return str(host.check_output(f"systemctl show --property MainPID --value {unit}.service"))


def assert_nobody_in_particular(host: Host, unit: str, user: str) -> None:
    """Fail unless it has the user's account, no capability, no way to gain any, and a system call filter."""
    status = host.check_output(f"cat /proc/{pid(host, unit)}/status")
    uid = host.check_output(f"id --user {user}")
    fields = dict(re.findall(r"^(\w+):\t(.*)$", status, re.MULTILINE))
    assert set(fields["Uid"].split()) == {uid}
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(fields[kind], 16) == 0
    assert fields["NoNewPrivs"] == "1"
    assert fields["Seccomp"] == "2"


def assert_writes(host: Host, unit: str, own: Iterable[str], others: Iterable[str]) -> None:
    """Fail unless, in the unit's own view of the file system, `own` can be written to and `others` can not."""
    enter = f"nsenter --target {pid(host, unit)} --mount --"
    for folder in others:
        assert host.run(f"{enter} touch {folder}/probe").rc != 0, folder
    for folder in own:
        assert host.run(f"{enter} sh -c 'touch {folder}/probe && rm {folder}/probe'").rc == 0, folder
    assert host.check_output(f"{enter} ls /tmp") == ""


def assert_rated_low(host: Host, unit: str, most: float = 1.5) -> None:
    """Fail unless `systemd-analyze security` says `most` or less, where 10 is unguarded."""
    line = host.run(f"systemd-analyze security --no-pager {unit}.service").stdout.strip().splitlines()[-1]
    rating = re.search(r": ([0-9.]+) ", line)
    assert rating, line
    assert float(rating[1]) <= most, line
