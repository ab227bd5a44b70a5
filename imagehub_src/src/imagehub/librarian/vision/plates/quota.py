"""How many calls of a service were made this month, and how many more may be made."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from imagehub.librarian.schema import quotas

SERVICE = "platerecognizer"
of = quotas.c


@dataclass(frozen=True)
class State:
    """The calls of one month in UTC, as `2026-11`; `limit` is how many there may be."""

    service: str
    month: str
    calls: int
    limit: int

    @property
    def left(self) -> int:
        """How many more calls may be made."""
        return max(0, self.limit - self.calls)


def month_of(now: datetime) -> str:
    """Return the month that a time is counted in."""
    return now.astimezone(UTC).strftime("%Y-%m")


def state(connection: Connection, now: datetime, monthly_calls: int, service: str = SERVICE) -> State:
    """Return how a service stands; it may be called as often as the settings and the service itself allow."""
    month = month_of(now)
    row = connection.execute(select(quotas).where(of.service == service, of.month == month)).first()
    if row is None:
        return State(service, month, 0, monthly_calls)
    limit = monthly_calls if row.allowed is None else min(monthly_calls, row.allowed)
    return State(service, month, row.calls, limit)


def take(connection: Connection, now: datetime, monthly_calls: int, service: str = SERVICE) -> bool:
    """Count a call that is about to be made; False: there may be no more this month."""
    _have(connection, now, service)
    free = of.calls < state(connection, now, monthly_calls, service).limit
    counted = update(quotas).where(of.service == service, of.month == month_of(now), free)
    return bool(connection.execute(counted.values(calls=of.calls + 1)).rowcount)


def give_back(connection: Connection, now: datetime, service: str = SERVICE) -> None:
    """Take back a call that was counted, and did not count for the service."""
    mine = update(quotas).where(of.service == service, of.month == month_of(now), of.calls > 0)
    connection.execute(mine.values(calls=of.calls - 1))


def learn(connection: Connection, now: datetime, calls: int, allowed: int, service: str = SERVICE) -> None:
    """Write down what the service says; calls that others made with the same account count, too."""
    _have(connection, now, service)
    mine = update(quotas).where(of.service == service, of.month == month_of(now))
    connection.execute(mine.values(allowed=allowed))
    connection.execute(mine.where(of.calls < calls).values(calls=calls))


def _have(connection: Connection, now: datetime, service: str) -> None:
    month = month_of(now)
    if connection.execute(select(of.calls).where(of.service == service, of.month == month)).first() is None:
        try:
            with connection.begin_nested():
                connection.execute(insert(quotas).values(service=service, month=month, calls=0, allowed=None))
        except IntegrityError:
            pass  # another worker made it
