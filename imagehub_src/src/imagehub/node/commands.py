"""Commands that a hub gives a node as its reply: `SendFrames 10`, `SetResolution (640,480)`, `ReloadYaml`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from imagehub.errors import ImagehubError
from imagehub.node.settings import tuples

MOST_FRAMES = 10_000


class CommandError(ImagehubError):
    """A command that can't be obeyed; the text says why."""


@dataclass(frozen=True, slots=True)
class SendFrames:
    """Send the next `count` images of a view; of all cameras where `view` is empty."""

    count: int
    view: str = ""


@dataclass(frozen=True, slots=True)
class SetResolution:
    """Run a view's camera, or all cameras, with this width and height until the settings are read again."""

    size: tuple[int, int]
    view: str = ""


@dataclass(frozen=True, slots=True)
class ReloadYaml:
    """Read the settings file again."""


Command = SendFrames | SetResolution | ReloadYaml


def parse(reply: str) -> Command | None:
    """Return the command in a hub's reply; None where its first word is no command's name.

    Raises:
        CommandError: it is a command, and what follows its name is wrong.
    """
    name, _, rest = reply.strip().partition(" ")
    known: dict[str, Callable[[str], Command]] = {
        "sendframes": _send_frames,
        "setresolution": _set_resolution,
        "reloadyaml": _reload_yaml,
    }
    read = known.get(name.lower())
    return None if read is None else read(rest.strip())


def _send_frames(rest: str) -> SendFrames:
    count, _, view = rest.partition(" ")
    if not (count.isascii() and count.isdecimal()) or not 1 <= int(count) <= MOST_FRAMES:
        raise CommandError(f"expected a number of images from 1 to {MOST_FRAMES}, and a view or none")
    return SendFrames(int(count), view.strip())


def _set_resolution(rest: str) -> SetResolution:
    match = re.fullmatch(r"(\([^()]*\)|\d+\s*,\s*\d+)(.*)", rest)
    size = tuples.read(match[1]) if match and tuples.is_size(match[1]) else None
    if match is None or size is None:
        raise CommandError("expected a width and a height as (640,480), and a view or none")
    return SetResolution((size[0], size[1]), match[2].strip())


def _reload_yaml(rest: str) -> ReloadYaml:
    if rest:
        raise CommandError("nothing can follow it")
    return ReloadYaml()
