"""`imagehub send`: images, a video or an event, to a hub from the command line."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from imagehub import pictures, wire
from imagehub.errors import SettingsError
from imagehub.pictures import Picture
from imagehub.terminal import units
from imagehub.terminal.progress import Progress

if TYPE_CHECKING:
    from imagehub.sender import Sender

DEFAULT_HUB = "tcp://127.0.0.1:5555"
GIVE_UP_SECONDS = 60.0


@dataclass(slots=True)
class Tally:
    """What became of what was to be sent; what is not stored or no JPEG is told to `say`."""

    noun: str
    say: Callable[[str], None]
    stored: int = 0
    not_stored: int = 0
    skipped: int = 0

    @property
    def exit_code(self) -> int:
        """0 if all was sent and stored."""
        return 1 if self.not_stored or self.skipped else 0

    def count(self, name: str, reply: str) -> None:
        """Count a hub's reply."""
        if reply.startswith("NOT STORED"):
            self.not_stored += 1
            self.say(f"{name}: {reply}")
            return
        self.stored += 1
        if reply != "OK":
            self.say(f"{name}: stored; nobody here obeys the hub's command: {reply}")

    def skip(self, why: str) -> None:
        """Count a file that is not sent."""
        self.skipped += 1
        self.say(f"not sent: {why}")

    def summary(self) -> str:
        """Return the last line of the command."""
        sent = units.counted(self.stored + self.not_stored, self.noun)
        return f"sent {sent}, {units.count(self.stored)} stored, {units.count(self.not_stored)} not stored"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `imagehub send` takes."""
    parser.add_argument(
        "--hub",
        action="append",
        metavar="ENDPOINT",
        help=f"where the hub listens (default: {DEFAULT_HUB}); give more of them to turn to when it does not answer",
    )
    parser.add_argument("--node", required=True, help="the name of the sending node")
    parser.add_argument("--view", default="", help="the name of the node's view, such as P1")
    parser.add_argument(
        "--give-up",
        type=float,
        default=GIVE_UP_SECONDS,
        metavar="SECONDS",
        help="how long to try before no answer is an error (default: %(default)g)",
    )
    parser.add_argument("--hub-key", type=Path, metavar="FILE", help="the public key of a hub that wants CURVE")
    parser.add_argument("--key", type=Path, metavar="FILE", help="the sender's own NAME.key_secret, with --hub-key")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="a JPEG to send")
    parser.add_argument("--video", type=Path, metavar="FILE", help="a video whose pictures to send")
    parser.add_argument("--event", metavar="TEXT", help="an event to send, such as 'motion|moving'")


def run(args: argparse.Namespace) -> int:
    """Send what was asked for, print how much of it was stored, and return 0 if all was.

    Raise ImagehubError where no hub answers, or a name or a video can't be used.
    """
    from imagehub.sender import CurveKeys, Sender

    _check(args)
    name = wire.camera(f"{args.node} {args.view}").name
    keys = CurveKeys.load(args.hub_key, args.key) if args.key else None
    with Sender(args.hub or [DEFAULT_HUB], give_up_seconds=args.give_up, keys=keys) as sender:
        if args.event is not None:
            return send_event(sender, name, args.event)
        if args.video is not None:
            return send_video(sender, name, args.video)
        return send_files(sender, name, args.files)


def _check(args: argparse.Namespace) -> None:
    if sum([bool(args.files), args.video is not None, args.event is not None]) != 1:
        raise SettingsError(["send needs one of these: FILE..., --video FILE or --event TEXT"])
    if (args.hub_key is None) != (args.key is None):
        raise SettingsError(["--hub-key and --key go together: the hub's public key and the sender's own"])


def send_files(sender: "Sender", name: str, paths: Sequence[Path]) -> int:
    """Send JPEG files for the camera `name` (`node view`), all but what is no JPEG; return the exit code."""
    bar = Progress(len(paths), "sent")
    tally = Tally("image", bar.say)
    return _send_pictures(sender, name, pictures.from_files(paths, tally.skip), tally, bar)


def send_video(sender: "Sender", name: str, path: Path) -> int:
    """Send the pictures of a video as fast as the hub takes them; return the exit code."""
    bar = Progress(None, "sent")
    return _send_pictures(sender, name, pictures.from_video(path), Tally("image", bar.say), bar)


def send_event(sender: "Sender", name: str, event: str) -> int:
    """Send an event such as `motion|moving`; return the exit code."""
    tally = Tally("event", partial(print, file=sys.stderr))
    tally.count(event, sender.send_event(f"{name}|{event}"))
    print(tally.summary())
    return tally.exit_code


def _send_pictures(sender: "Sender", name: str, found: Iterable[Picture], tally: Tally, bar: Progress) -> int:
    try:
        with bar:
            for picture in found:
                tally.count(picture.name, sender.send_jpg(f"{name}|jpg", picture.jpeg))
                bar.advance()
    finally:
        print(tally.summary())
    return tally.exit_code
