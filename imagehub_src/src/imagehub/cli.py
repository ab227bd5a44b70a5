"""The command `imagehub`: what people type, and the exit codes they get."""

import argparse
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from imagehub import __version__, local, logs, settings
from imagehub.errors import LinkError
from imagehub.settings import Settings
from imagehub.terminal.exits import EXIT_OK, guarded

FRONT_PATIENCE_SECONDS = 30.0
# Without -P a file in the current folder, such as an older hub's imagehub.py, would be taken for the module.
MODULE = ("-P", "-m")
# For glibc: images come and go all the time. Giving their memory back to the system after each, and having it
# mapped anew for the next, costs more than receiving them.
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(8 << 20), "MALLOC_MMAP_THRESHOLD_": str(8 << 20)}

Command = Callable[[argparse.Namespace], int]


def entry() -> None:
    """Run as the console script."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run a command line and return its exit code: 0 done, 1 it failed, 2 the settings or the words are wrong."""
    words = _with_command(argv)
    args = _parser(words[0]).parse_args(words)
    return guarded("imagehub", lambda: args.command(args))


def _with_command(argv: Sequence[str]) -> list[str]:
    """Read `imagehub --path DIR` as `imagehub run --path DIR`, as imagehub was started since its first version."""
    bare = not argv or argv[0] in {"-p", "--path"} or argv[0].startswith("--path=")
    return ["run", *argv] if bare else list(argv)


def _parser(chosen: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="imagehub",
        description="Receive images and events from imageZMQ senders, and lose none that was acknowledged.",
    )
    parser.add_argument("--version", action="version", version=f"imagehub {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_run(commands)
    _add_status(commands)
    _add_command(commands)
    _add_data_commands(commands)
    _add_setup_commands(commands)
    _add_sending_commands(commands, chosen)
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str, run: Command
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(command=run)
    return parser


def _add_path(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-p",
        "--path",
        type=Path,
        metavar="PATH",
        help="the settings file, or the folder that holds imagehub.yaml (default: the home directory)",
    )


def _add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    run = _add(commands, "run", "Run the hub (the default command).", _run)
    _add_path(run)
    run.add_argument("--only", choices=("front", "store"), help="run one of the hub's two processes, for systemd")
    run.add_argument("--together", action="store_true", help="run both in one process (always so on Windows)")
    run.add_argument("--link-fd", type=int, help=argparse.SUPPRESS)


def _add_status(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    status = _add(commands, "status", "Show what a running hub does: nodes, rates, latencies, disk.", _status)
    _add_path(status)
    status.add_argument("--json", action="store_true", help="print the whole document as JSON")
    status.add_argument("--watch", action="store_true", help="go on showing it, once a second")
    probe = _add(commands, "probe", "Send a test message to the running hub, and say how it answers.", _probe)
    _add_path(probe)
    probe.add_argument("--seconds", type=float, default=10.0, help="how long to try (default 10)")


def _add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "Give a node a command with the hub's reply to its next message, or list and cancel what waits."
    command = _add(commands, "command", text, _command)
    _add_path(command)
    command.add_argument("node", nargs="?", metavar="NODE", help="a node's name, or that of one camera: 'Barn P1'")
    command.add_argument("text", nargs="?", metavar="COMMAND", help="what the node is told, such as 'SendFrames 10'")
    command.add_argument("--list", action="store_true", help="print the commands that wait, the next one first")
    command.add_argument("--cancel", metavar="ID", help="take back the command that --list shows with this id")


def _add_data_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check = _add(commands, "check", "Compare journal, files and checksums, and name every difference.", _check)
    _add_path(check)
    purge = _add(commands, "purge", "Delete the oldest images, as far as the limits given ask for it.", _purge)
    _add_path(purge)
    purge.add_argument("--keep-days", type=int, metavar="N", help="keep the images of N days, today's included")
    purge.add_argument("--max-bytes", metavar="B", help="keep at most so many bytes of images (200G, 500M, ...)")
    purge.add_argument("--keep-free", metavar="B", help="keep so many bytes of the disk free")
    purge.add_argument("--dry-run", action="store_true", help="say what would be deleted, delete nothing")


def _add_setup_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check = _add(commands, "check-config", "Say 'ok', or every fault of a settings file.", _check_config)
    check.add_argument("file", type=Path, metavar="FILE")
    keys = _add(commands, "keys", "Make CURVE keys.", _keys)
    keys.add_argument("action", choices=("new",))
    keys.add_argument("name", metavar="NAME", help="'hub' for the hub's own keys, else a node's name")
    keys.add_argument("--directory", type=Path, default=Path("keys"), help="where the files go (default: ./keys)")
    unit = _add(commands, "unit", "Print the systemd units that run this hub.", _unit)
    _add_path(unit)
    unit.add_argument("which", nargs="?", choices=("store", "front"), default="store")
    unit.add_argument("--user", default=None, help="the account that the hub runs as (default: yours)")


def _add_sending_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", chosen: str) -> None:
    texts = {
        "send": ("imagehub.send", "Send images, a video or an event to a hub."),
        "demo": ("imagehub.demo.command", "Run a hub with three simulated cameras, and watch it."),
    }
    for name, (module_name, text) in texts.items():
        parser = commands.add_parser(name, help=text, description=text)
        if name == chosen:
            # Only the chosen one is imported: the hub itself shall not carry what sends.
            module = import_module(module_name)
            module.add_arguments(parser)
            parser.set_defaults(command=module.run)


def _load(args: argparse.Namespace) -> tuple[Settings, Path | None]:
    path = settings.find(args.path)
    if path is None:
        return settings.defaults(Path.home()), None
    return settings.load(path), path


def _run(args: argparse.Namespace) -> int:
    loaded, path = _load(args)
    if args.together or os.name == "nt":
        return _run_together(loaded, path)
    if args.only == "store":
        return _run_store(loaded, path, args.link_fd)
    return _become_front(args, loaded)


def _become_front(args: argparse.Namespace, loaded: Settings) -> NoReturn:
    path_words = ["--path", str(args.path)] if args.path else []
    words = ["imagehub.keeper", sys.executable, *MODULE, "imagehub", "run", "--only", "store", *path_words]
    if args.only == "front":
        words = ["imagehub.lone_front", str(loaded.runtime_directory)]
    # The front lives long and should be small: a fresh interpreter does not carry what settings needed.
    os.execve(sys.executable, [sys.executable, *MODULE, *words], KEEP_MEMORY | os.environ)


def _run_together(loaded: Settings, path: Path | None) -> int:
    from imagehub import together

    _start_log(loaded, path)
    together.run(loaded, path)
    return EXIT_OK


def _start_log(loaded: Settings, path: Path | None) -> None:
    logs.start(loaded.log_level)
    if path is None:
        print(f"no imagehub.yaml in {Path.home()}: running on defaults", file=sys.stderr)
    if loaded.print_settings:
        print(settings.describe(loaded), file=sys.stderr)


def _run_store(loaded: Settings, path: Path | None, link_fd: int | None) -> int:
    from imagehub import service

    _start_log(loaded, path)
    service.run(loaded, path, lambda: _reach_front(loaded.runtime_directory, link_fd))
    return EXIT_OK


def _reach_front(runtime_directory: Path, link_fd: int | None) -> socket.socket:
    if link_fd is not None:
        return socket.socket(fileno=link_fd)
    deadline = time.monotonic() + FRONT_PATIENCE_SECONDS
    while True:
        try:
            return local.connect(runtime_directory / "front.sock")
        except OSError as error:
            if time.monotonic() > deadline:
                raise LinkError(
                    f"no front at {runtime_directory}: {error.strerror}; "
                    "start imagehub-front.service, or run both with 'imagehub run'"
                ) from error
            time.sleep(0.1)


def _status(args: argparse.Namespace) -> int:
    from imagehub import status
    from imagehub.terminal import table

    loaded, _ = _load(args)
    if args.json:
        print(json.dumps(status.query(loaded.runtime_directory), indent=2, ensure_ascii=False))
        return EXIT_OK
    return table.show(lambda: status.query(loaded.runtime_directory), watch=args.watch)


def _probe(args: argparse.Namespace) -> int:
    from imagehub import probe

    loaded, _ = _load(args)
    print(probe.probe(loaded, args.seconds))
    return EXIT_OK


def _command(args: argparse.Namespace) -> int:
    from imagehub import commanding

    loaded, _ = _load(args)
    return commanding.run(loaded.data_directory, args.node, args.text, args.list, args.cancel)


def _check(args: argparse.Namespace) -> int:
    from imagehub import check

    loaded, _ = _load(args)
    return check.run(loaded.data_directory)


def _purge(args: argparse.Namespace) -> int:
    from imagehub import purge

    loaded, _ = _load(args)
    limits = purge.Limits.parse(args.keep_days, args.max_bytes, args.keep_free)
    return purge.run(loaded.data_directory, limits, dry_run=args.dry_run)


def _check_config(args: argparse.Namespace) -> int:
    settings.load(args.file)
    print("ok")
    return EXIT_OK


def _keys(args: argparse.Namespace) -> int:
    from imagehub import keys

    for path in keys.new(args.name, args.directory):
        print(path)
    return EXIT_OK


def _unit(args: argparse.Namespace) -> int:
    from imagehub import unit

    loaded, path = _load(args)
    at = Path.home() if path is None else path.parent if path.name == settings.FILE_NAME else path
    executable = Path(sys.executable).with_name("imagehub")
    user = args.user or Path.home().owner()
    print(unit.render(args.which, executable, at, loaded.data_directory, user), end="")
    return EXIT_OK
