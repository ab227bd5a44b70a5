"""Numbers of rows, as they stand in addresses and forms."""

import math
from typing import Annotated

from pydantic import Field

LARGEST = (1 << 63) - 1
# No database takes a larger one.
Number = Annotated[int, Field(ge=0, le=LARGEST)]


def chosen(text: str) -> tuple[int, ...]:
    """Return the number that a form's list of choices gives; nothing, where none was chosen or it is none."""
    return (int(text),) if text.isdecimal() and len(text) < 19 else ()


def typed(text: str) -> float:
    """Return the number that somebody typed, with a point or a comma; what is none is `nan`."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return math.nan
