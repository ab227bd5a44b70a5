"""Instants of one clock are told by another, undisturbed by interruptions."""

from imagehub.node.cameras.times import REAL, Clock


def test_the_comparison_that_was_not_interrupted_counts() -> None:
    """Of three comparisons the first two took a second each, between reading the one clock and the other."""
    boot = iter([0, 1_000_000_000, 2_000_000_000, 3_000_000_000, 4_000_000_000, 4_000_000_200])
    wall = iter([999_000_000 + 70, 2_999_000_000 + 70, 4_000_000_100 + 7])
    assert Clock(boot_ns=lambda: next(boot), wall_ns=lambda: next(wall)).wall_minus_boot_ns() == 7


def test_the_real_clocks_agree_with_themselves() -> None:
    """An instant since the boot plus the offset is an instant of now."""
    assert abs(REAL.boot_ns() + REAL.wall_minus_boot_ns() - REAL.wall_ns()) < 500_000_000
