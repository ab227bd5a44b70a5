"""RPi Camera Colony's commands under their names: `rcc_conductor`, `rcc_acquisition`, `rcc_calibration`."""

import argparse
import re
import socket
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from imagehub import __version__
from imagehub.colony import cli
from imagehub.colony.recording.names import STAMP

TWO_HOURS = 2 * 3600
NOT_USED = "taken for the sake of older scripts, and not used"


def conductor() -> None:
    """Run as `rcc_conductor`."""
    sys.exit(cli.guarded("rcc_conductor", conductor_parser().parse_args()))


def calibration() -> None:
    """Run as `rcc_calibration`."""
    sys.exit(cli.guarded("rcc_calibration", conductor_parser("rcc_calibration").parse_args()))


def acquisition() -> None:
    """Run as `rcc_acquisition`."""
    sys.exit(cli.guarded("rcc_acquisition", acquisition_parser().parse_args()))


def conductor_parser(name: str = "rcc_conductor") -> argparse.ArgumentParser:
    """Return the parser of `rcc_conductor`, or of `rcc_calibration`, which has the same options."""
    parser = argparse.ArgumentParser(prog=name, description="Record with all cameras; the same as 'colony record'.")
    cli.add_config(parser)
    parser.add_argument("-n", "--acquisition-name", default=f"_test_rcc_conductor_parser__{_now()}")
    parser.add_argument("-t", "--max-acquisition-time", type=cli.seconds, default=TWO_HOURS, metavar="SECONDS")
    parser.add_argument("--calibration", action="store_true", default=name == "rcc_calibration")
    parser.add_argument("-d", "--debug", action="store_true", help="show all of the cameras' logs")
    parser.add_argument("-v", "--version", action="version", version=__version__)
    parser.set_defaults(command=cli.record)
    return parser


def acquisition_parser() -> argparse.ArgumentParser:
    """Return the parser of `rcc_acquisition`."""
    parser = argparse.ArgumentParser(prog="rcc_acquisition", description="Run the agent; the same as 'colony agent'.")
    parser.add_argument("-v", "--version", action="version", version=__version__)
    _add_camera(parser)
    _add_network(parser)
    parser.add_argument("-a", "--auto-start", action="store_true", help="record at once, without a conductor")
    parser.set_defaults(command=acquire)
    return parser


def _add_camera(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-id", "--instance-name", default="", help="the camera's name (default: the conductor's)")
    parser.add_argument("-p", "--data-path", type=Path, help="where recordings are kept (default: remote_data_path)")
    parser.add_argument("-n", "--acquisition-name", default=f"_test_rcc_acquisition_parser__{_now()}")
    parser.add_argument("-g", "--acquisition-group", default="_test_acq_group")
    parser.add_argument("-t", "--max-acquisition-time", type=cli.seconds, default=TWO_HOURS, metavar="SECONDS")
    parser.add_argument("-fps", "--framerate", type=int, default=30)
    parser.add_argument("-res", "--resolution", nargs=2, type=int, default=(1600, 1200), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("-s", "--stream-video", action="store_true")
    parser.add_argument("-sport", "--stream-port", type=int, default=8001)
    cli.add_agent_terms(parser)


def _add_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-cport", "--control-stream-port", type=int, default=54545, dest="port")
    parser.add_argument("-ll", "--log-level", type=str.lower, default="debug",
                        choices=("debug", "info", "warning", "error"))  # fmt: skip
    unused = {
        "--control-stream-ip": "-cip", "--log-ip": "-lip", "--log-port": "-lport", "--stream-ip": "-sip",
        "--print-interval": "-pi",
    }  # fmt: skip
    for option, short in unused.items():
        parser.add_argument(short, option, help=NOT_USED)


def acquire(args: argparse.Namespace) -> int:
    """Run the agent; with `--auto-start` it records by itself until the time is up."""
    if not args.auto_start:
        return cli.run_agent(args)
    from imagehub.colony.recording.plan import Plan
    from imagehub.node.cameras.camera import Mode

    args.data_path = args.data_path or Path("/home/pi/data")
    plan = Plan(
        instance=args.instance_name or re.sub(r"[^A-Za-z0-9_-]", "_", socket.gethostname()),
        acquisition_name=args.acquisition_name,
        acquisition_group=args.acquisition_group,
        acquisition_time=_now(),
        mode=Mode(tuple(args.resolution), args.framerate),
        max_seconds=args.max_acquisition_time,
        stream_port=args.stream_port if args.stream_video else None,
    )
    return cli.run_agent(args, plan=plan)


def _now() -> str:
    return datetime.now(UTC).astimezone().strftime(STAMP)


def main(name: str, argv: Sequence[str]) -> int:
    """Run one of the commands with these words, and return its exit code."""
    parsers = {"rcc_acquisition": acquisition_parser}
    parser = parsers.get(name, lambda: conductor_parser(name))()
    return cli.guarded(name, parser.parse_args(argv))
