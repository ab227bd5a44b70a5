"""A picture made of text, drawn anew in place: on a terminal's second screen, which goes away at the end."""

import os
from collections.abc import Sequence
from types import TracebackType
from typing import Self, TextIO

from imagehub.terminal import cells

ENTER = "\x1b[?1049h\x1b[?25l"
LEAVE = "\x1b[?25h\x1b[?1049l"
HOME = "\x1b[H"
CLEAR_TO_LINE_END = "\x1b[K"
CLEAR_BELOW = "\x1b[J"


def size(stream: TextIO) -> os.terminal_size:
    """Return columns and lines of the terminal behind a stream; 80 and 24 where there is none that tells."""
    try:
        found = os.get_terminal_size(stream.fileno())
    except OSError:
        return os.terminal_size((80, 24))
    return os.terminal_size((found.columns or 80, found.lines or 24))


def wants_colour(stream: TextIO) -> bool:
    """Tell whether to colour what goes there: to a terminal, unless NO_COLOR is set (see no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Screen:
    """The second screen of a terminal, for as long as the `with` block runs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __enter__(self) -> Self:
        self._write(ENTER)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write(LEAVE)

    def draw(self, lines: Sequence[str], last: Sequence[str] = ()) -> None:
        """Show `lines` from the top, and `last` below them; what the height can't hold is cut from `lines`.

        No line may be wider than the terminal.
        """
        columns, rows = size(self._stream)
        shown = [*_clip(lines, max(1, rows - len(last)), columns), *last]
        self._write(HOME + "\r\n".join(line + CLEAR_TO_LINE_END for line in shown) + CLEAR_BELOW)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _clip(lines: Sequence[str], rows: int, columns: int) -> list[str]:
    if len(lines) <= rows:
        return [*lines]
    hidden = len(lines) - rows + 1
    note = f"{cells.ELLIPSIS} {hidden} more lines; a taller window shows them"
    return [*lines[: rows - 1], cells.fit(note, columns)]
