"""Holds back who was wrong too often.

A limit is on somebody or something, called `who`, such as an account as seen from one address. What is kept is a
digest: people type passwords where names belong.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from sqlalchemy import Connection, delete, func, insert, select

from imagehub.librarian.accounts.errors import HeldBackError
from imagehub.librarian.schema import failed_tries

SECOND_US = 1_000_000
WINDOW_US = 15 * 60 * SECOND_US


@dataclass(frozen=True)
class Limit:
    """So many wrong tries in 15 minutes are free; from then on one waits, each time twice as long as before."""

    free: int
    first_seconds: int
    longest_seconds: int

    def wait_us(self, wrong: int) -> int:
        """Return how long to wait after the last of so many wrong tries."""
        if wrong < self.free:
            return 0
        doubled = min(wrong - self.free, 20)
        return min(self.first_seconds << doubled, self.longest_seconds) * SECOND_US


PAIR = Limit(5, 60, 900)
ADDRESS = Limit(20, 60, 900)
# Tries from all over the world slow down, but nobody can lock a user out by them.
ACCOUNT = Limit(100, 2, 2)

# Taken from `check` until the try is counted: of those that come at once, each knows how the one before it ended.
turn = threading.Lock()


def who(kind: str, *parts: str) -> str:
    """Return what tries are counted by."""
    return f"{kind} {sha256(chr(0).join(parts).encode(errors='surrogatepass')).hexdigest()}"


def network(address: str) -> str:
    """Return what stands for one neighbour: an IPv4 address, or the network that an IPv6 one was chosen from."""
    try:
        ip: IPv4Address | IPv6Address | None = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip
    return str(ip_network((int(ip), 64), strict=False)) if isinstance(ip, IPv6Address) else str(ip)


def from_address(address: str) -> str:
    """Return what all tries from an address are counted by."""
    return who("address", network(address))


def check(connection: Connection, limits: Mapping[str, Limit], now: int) -> None:
    """Raise HeldBackError if one of the limits asks to wait."""
    wrong = failed_tries.c.who.in_(limits) & (failed_tries.c.time_us > now - WINDOW_US)
    found = select(failed_tries.c.who, func.count(), func.max(failed_tries.c.time_us)).where(wrong)
    rows = connection.execute(found.group_by(failed_tries.c.who)).all()
    ends = [last + limits[name].wait_us(count) for name, count, last in rows]
    if (left := max(ends, default=now) - now) > 0:
        raise HeldBackError(-(-left // SECOND_US))


def add(connection: Connection, whos: Iterable[str], now: int) -> None:
    """Count a wrong try of each."""
    connection.execute(insert(failed_tries), [{"who": name, "time_us": now} for name in whos])


def clear(connection: Connection, *whos: str) -> None:
    """Forget the wrong tries of these."""
    connection.execute(delete(failed_tries).where(failed_tries.c.who.in_(whos)))
