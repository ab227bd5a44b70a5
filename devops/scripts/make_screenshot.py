#!/usr/bin/env python3
"""Take a picture of a program in a terminal: run it in tmux, wait, and write what it shows as SVG.

    .venv/bin/python devops/scripts/make_screenshot.py docs/images/demo.svg -- .venv/bin/imagehub demo

    .venv/bin/python devops/scripts/make_screenshot.py verdict.svg --ended -- .venv/bin/colony record -c FILE -t 5

Needs tmux, and rich from the development environment. The program is stopped by Ctrl-C; with `--ended` it ends by
itself, and the picture is what it leaves on the terminal.
"""

import argparse
import io
import re
import shlex
import subprocess
import sys
import time
import uuid
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

STOP_SECONDS = 15.0
THEME = TerminalTheme(
    (24, 26, 31),
    (214, 218, 224),
    [(60, 64, 72), (224, 108, 117), (127, 191, 120), (222, 184, 102), (97, 150, 223), (190, 122, 214),
     (86, 176, 190), (200, 204, 210)],
)  # fmt: skip


class Terminal:
    """A tmux server of its own with one window in it."""

    def __init__(self, columns: int, lines: int) -> None:
        self._name = f"screenshot-{uuid.uuid4().hex}"
        self._size = ("-x", str(columns), "-y", str(lines))

    def start(self, command: list[str], stays: bool = False) -> None:
        """Run a command in the window, which `stays` when the command has ended."""
        ended = shlex.join(["tmux", "-L", self._name, "wait-for", "-S", "ended"])
        after = f"; {ended}; exec sleep 600" if stays else ""
        self._tmux("new-session", "-d", *self._size, shlex.join(command) + after)

    def wait(self) -> None:
        """Wait until the command of a window that stays has ended."""
        self._tmux("wait-for", "ended")

    def shown(self) -> str:
        """Return what the window shows, with its colour sequences."""
        return self._tmux("capture-pane", "-e", "-p")

    def stop(self) -> None:
        """Press Ctrl-C and wait until the window has closed."""
        self._tmux("send-keys", "C-c")
        deadline = time.monotonic() + STOP_SECONDS
        while self._tmux("list-sessions", check=False) and time.monotonic() < deadline:
            time.sleep(0.2)
        self._tmux("kill-server", check=False)

    def _tmux(self, *words: str, check: bool = True) -> str:
        command = ["tmux", "-L", self._name, "-f", "/dev/null", *words]
        return subprocess.run(command, check=check, capture_output=True, text=True).stdout


def svg(shown: str, columns: int, title: str) -> str:
    """Return the SVG of a terminal that shows this."""
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    # An empty line follows, because the lower edge of the last one is cut off.
    console.print(Text.from_ansi(shown.rstrip("\n") + "\n"), soft_wrap=True)
    picture = console.export_svg(title=title, theme=THEME)
    # The reader's own fonts do: nothing is loaded from elsewhere when the picture is looked at.
    picture = picture.replace("<svg ", '<svg xml:space="preserve" ', 1)  # or some viewers drop leading blanks
    without_fonts = re.sub(r"@font-face\s*\{.*?\}\s*", "", picture, flags=re.DOTALL)
    return without_fonts.replace("Fira Code, monospace", "ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace")


def main() -> int:
    """Take the picture that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, metavar="FILE.svg")
    parser.add_argument("--columns", type=int, default=88)
    parser.add_argument("--lines", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=25.0, help="how long the program runs before (default: 25)")
    parser.add_argument("--ended", action="store_true", help="wait until the program has ended by itself")
    parser.add_argument("--title", default="imagehub demo")
    parser.add_argument("command", nargs="+", metavar="WORD", help="the program and its arguments, behind --")
    args = parser.parse_args()
    terminal = Terminal(args.columns, args.lines)
    terminal.start(args.command, args.ended)
    try:
        terminal.wait() if args.ended else time.sleep(args.seconds)
        shown = terminal.shown()
    finally:
        terminal.stop()
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(svg(shown, args.columns, args.title))
    return 0


if __name__ == "__main__":
    sys.exit(main())
