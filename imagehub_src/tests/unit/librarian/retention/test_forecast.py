"""The forecast tells in how many days the disk is full."""

from datetime import date

import pytest

from imagehub.librarian.retention.forecast import Expected, rates
from imagehub.librarian.retention.places import Place
from imagehub.librarian.retention.policy import Policy

TODAY = date(2026, 11, 21)


def days(*numbers: int, size: int = 100, camera: int = 1, eventful: bool = False) -> list[Place]:
    """Return days of this month."""
    return [Place(f"2026-11-{number:02}", camera, eventful, 1, size) for number in numbers]


def left(known: list[Place], rules: list[Policy], free: int) -> int | None:
    """Return the days that are left."""
    return Expected(known, rates(known, TODAY), rules, TODAY).days_until(free)


def test_the_rate_is_that_of_the_last_full_days() -> None:
    """Neither today's nor older ones count; a young catalog is asked for the days that it has."""
    assert rates(days(1, 14, 15, 20, 21), TODAY) == {(1, False): pytest.approx(300 / 7)}
    assert rates([*days(19, 20), *days(20, camera=2, eventful=True)], TODAY) == {(1, False): 100, (2, True): 50}
    assert rates([], TODAY) == {}
    assert rates(days(21), TODAY) == {}


def test_without_policies_it_fills_at_that_rate() -> None:
    """Or never, where nothing comes."""
    assert left(days(*range(14, 21)), [], 1000) == 11
    assert left([], [], 1000) is None


def test_old_images_make_room() -> None:
    """What comes and what goes are even once all days to keep are there."""
    known = days(*range(14, 21))
    assert left(known, [Policy(1, None, "any", 30, None)], 2250) == 30
    assert left(known, [Policy(1, None, "any", 30, None)], 2350) is None
    assert left(known, [Policy(1, None, "any", 7, None)], 100) is None


def test_a_limit_of_size_ends_the_growth() -> None:
    """Where the disk has room for it."""
    known = days(*range(14, 21))
    assert left(known, [Policy(1, None, "any", None, 1500)], 800) is None
    assert left(known, [Policy(1, None, "any", None, 1500)], 700) == 8
