"""Which cameras somebody may see."""

from typing import Any

from sqlalchemy import ColumnElement, true

# The ids of the cameras; None: all.
Sight = frozenset[int] | None


def allows(sight: Sight, camera_id: int) -> bool:
    """Tell whether a camera may be seen."""
    return sight is None or camera_id in sight


def condition(column: ColumnElement[Any], sight: Sight) -> ColumnElement[bool]:
    """Return the condition that rows are of cameras that may be seen."""
    return true() if sight is None else column.in_(sorted(sight))
