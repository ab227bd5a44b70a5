"""The command `imagenode`: what people type, and the exit codes they get."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from imagehub import __version__, logs
from imagehub.errors import ImagehubError
from imagehub.node.secrets import without_password
from imagehub.node.settings import reading
from imagehub.node.settings.settings import NodeSettings
from imagehub.terminal.exits import EXIT_FAULT, EXIT_OK, guarded

Command = Callable[[argparse.Namespace], int]


def entry() -> None:
    """Run as the console script."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run a command line and return its exit code: 0 done, 1 it failed, 2 the settings or the words are wrong."""
    args = _parser().parse_args(_with_command(argv))
    return guarded("imagenode", lambda: args.command(args))


def _with_command(argv: Sequence[str]) -> list[str]:
    """Read `imagenode` and `imagenode --path FILE` as `imagenode run ...`."""
    bare = not argv or argv[0] in {"-p", "--path"} or argv[0].startswith("--path=")
    return ["run", *argv] if bare else list(argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="imagenode", description="Send a hub what cameras and sensors see, and lose nothing while it is away."
    )
    parser.add_argument("--version", action="version", version=f"imagenode {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add(commands, "run", "Run the node (the default command).", _run)
    _add(commands, "cameras", "Open each camera, and say what resolution and rate it gives.", _cameras)
    status = _add(commands, "status", "Show what a running node does: cameras, hub, what waits.", _status)
    status.add_argument("--json", action="store_true", help="print the whole document as JSON")
    probe = _add(commands, "probe", "Ask the running node whether all its cameras give images.", _probe)
    probe.add_argument("--seconds", type=float, default=10.0, help="how long to try (default 10)")
    unit = _add(commands, "unit", "Print the systemd unit that runs this node.", _unit)
    unit.add_argument("--user", default=None, help="the account that the node runs as (default: yours)")
    text = "Say 'ok', or every fault of a settings file."
    check = commands.add_parser("check-config", help=text, description=text)
    check.add_argument("file", type=Path, metavar="FILE")
    check.set_defaults(command=_check_config)
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str, run: Command
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.add_argument(
        "-p",
        "--path",
        type=Path,
        metavar="PATH",
        help="the settings file, or the folder that holds imagenode.yaml (default: the home directory)",
    )
    parser.set_defaults(command=run)
    return parser


def _load(args: argparse.Namespace) -> tuple[NodeSettings, Path]:
    path = reading.find(args.path)
    return reading.load(path), path


def _run(args: argparse.Namespace) -> int:
    settings, path = _load(args)
    from imagehub.node import making
    from imagehub.node.running import Node

    logs.start(settings.log_level)
    _print(settings)
    node = Node(settings, path, making.world())
    node.on_signals()
    node.run()
    return EXIT_OK


def _print(settings: NodeSettings) -> None:
    if settings.print_settings:
        print(reading.describe(settings), file=sys.stderr)
        return
    for camera in settings.cameras:
        if camera.print_settings:
            print(reading.describe(camera), file=sys.stderr)


def _cameras(args: argparse.Namespace) -> int:
    settings, _ = _load(args)
    from imagehub.node import trying
    from imagehub.node.cameras import opening

    failed = False
    for one in settings.cameras:
        try:
            line = trying.attempt(one, opening.camera(one.source, one.label))
        except ImagehubError as error:
            line, failed = f"failed: {error}", True
        print(f"{one.label} ({without_password(one.source)}): {line}", flush=True)
    if not settings.cameras:
        print("there is no camera in the settings")
    return EXIT_FAULT if failed else EXIT_OK


def _status(args: argparse.Namespace) -> int:
    from imagehub.node import status

    settings, _ = _load(args)
    document = status.query(settings.runtime_directory)
    print(json.dumps(document, indent=2, ensure_ascii=False) if args.json else status.as_text(document))
    return EXIT_OK


def _probe(args: argparse.Namespace) -> int:
    from imagehub.node import probe

    settings, _ = _load(args)
    print(probe.probe(settings, args.seconds))
    return EXIT_OK


def _unit(args: argparse.Namespace) -> int:
    from imagehub.node import unit

    settings, path = _load(args)
    executable = Path(sys.executable).with_name("imagenode")
    print(unit.render(executable, path, unit.folders(settings), args.user or Path.home().owner()), end="")
    return EXIT_OK


def _check_config(args: argparse.Namespace) -> int:
    reading.load(args.file)
    print("ok")
    return EXIT_OK
