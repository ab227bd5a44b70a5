"""A clock that is, or may be, too far off is refused."""

import pytest

from imagehub.colony.conductor import comparing
from imagehub.colony.synchrony.clocks import Offset


@pytest.mark.parametrize(("offset_ns", "uncertainty_ns"), [(4_900_000, 10_000), (-4_900_000, 10_000), (0, 4_900_000)])
def test_within_the_limit_all_is_well(offset_ns: int, uncertainty_ns: int) -> None:
    """To both sides."""
    comparing.check({"left": Offset(offset_ns, uncertainty_ns, 0)}, 0.005, {})


@pytest.mark.parametrize(
    ("offset", "told"),
    [
        (Offset(5_100_000, 10_000, 0), r"left is 5\.1 ms ahead \(known within 0\.0 ms; chrony has no source\)"),
        (Offset(-2_000_000_000, 10_000, 0), r"left is 2\.0 s behind"),
        (Offset(0, 6_000_000, 0), r"known within 6\.0 ms"),
    ],
)
def test_beyond_it_the_camera_is_named_with_its_figure(offset: Offset, told: str) -> None:
    """And with what keeps its clock."""
    with pytest.raises(comparing.ClockRefusedError, match=told):
        comparing.check({"left": offset, "right": Offset(0, 0, 0)}, 0.005, {"left": "chrony has no source"})
