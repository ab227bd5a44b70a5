"""Which cameras somebody may see."""

from sqlalchemy import ColumnElement, true

# The ids of the cameras; None: all, those to come too.
Sight = frozenset[int] | None


def allows(sight: Sight, camera_id: int) -> bool:
    """Tell whether somebody with this sight may see that camera."""
    return sight is None or camera_id in sight


def condition(column: ColumnElement[int], sight: Sight) -> ColumnElement[bool]:
    """Return what holds for the rows to be seen, of a column that holds ids of cameras."""
    return true() if sight is None else column.in_(sorted(sight))
