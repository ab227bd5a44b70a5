"""Texts laid out side by side on a terminal, so that they fit its width."""

from collections.abc import Sequence
from dataclasses import dataclass

from imagehub.terminal import cells

GAP = 2


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of a line; `style` is the parameter of a terminal's SGR sequence (`31`: red), or empty."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """How a column of a table is laid out, in columns of the terminal.

    Where not all fit, the ones with `narrowest` shrink to it; then those of the least `worth` are left out.
    """

    title: str
    worth: int
    right: bool = True
    narrowest: int | None = None
    widest: int = 40


def line(parts: Sequence[Text], width: int, colour: bool) -> str:
    """Return the parts side by side, without the last ones where `width` has no room for them."""
    painted: list[str] = []
    room = width
    for part in parts:
        text = cells.clean(part.text)
        if painted and cells.width(text) > room:
            break
        text = cells.fit(text, min(cells.width(text), room))
        painted.append(_paint(text, part.style, colour))
        room -= cells.width(text) + GAP
    return (" " * GAP).join(painted)


def table(columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int, colour: bool) -> list[str]:
    """Return a line of titles and one for each row (a text for each column), none wider than `width`."""
    titles = [Text(column.title, "2") for column in columns]
    grid = [titles, *([Text(cells.clean(cell.text), cell.style) for cell in row] for row in rows)]
    natural = [max(cells.width(row[index].text) for row in grid) for index in range(len(columns))]
    chosen = _choose(columns, natural, width)
    return [_row(columns, row, chosen, colour) for row in grid]


def _choose(columns: Sequence[Column], natural: Sequence[int], width: int) -> dict[int, int]:
    """Return the widths of the columns that are shown, by their index."""
    wanted = {index: min(natural[index], column.widest) for index, column in enumerate(columns)}
    least = {index: min(wanted[index], columns[index].narrowest or wanted[index]) for index in wanted}
    while len(least) > 1 and _total(least) > width:
        del least[min(least, key=lambda index: columns[index].worth)]
    spare = width - _total(least)
    for index in sorted(least, key=lambda index: -columns[index].worth):
        grown = max(0, min(spare, wanted[index] - least[index]))
        least[index] += grown
        spare -= grown
    return least if spare >= 0 else dict.fromkeys(least, width)


def _total(widths: dict[int, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1)


def _row(columns: Sequence[Column], row: Sequence[Text], widths: dict[int, int], colour: bool) -> str:
    *_, last = widths
    painted = []
    for index, width in widths.items():
        right = columns[index].right
        text = cells.fit(row[index].text, width, right)
        # Blanks at the end of a line wrap when a window is made narrower.
        painted.append(_paint(text.rstrip() if index == last and not right else text, row[index].style, colour))
    return (" " * GAP).join(painted)


def _paint(text: str, style: str, colour: bool) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if colour and style and text else text
