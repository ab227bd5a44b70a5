"""The command `colony`: what people type, and the exit codes they get."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from imagehub import __version__
from imagehub.terminal import exits
from imagehub.terminal.exits import EXIT_OK

Command = Callable[[argparse.Namespace], int]


def entry() -> None:
    """Run as the console script."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run a command line; return 0 done, 1 it failed, 2 settings or words are wrong, 3 the audit failed."""
    return guarded("colony", parser().parse_args(argv))


def guarded(name: str, args: argparse.Namespace) -> int:
    """Run the command of parsed words under the name that it was called by, and return its exit code."""
    return exits.guarded(name, lambda: args.command(args))


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    result = argparse.ArgumentParser(prog="colony", description="Have many cameras record together.")
    result.add_argument("--version", action="version", version=f"colony {__version__}")
    commands = result.add_subparsers(metavar="COMMAND", required=True)
    _add_recording(commands)
    _add_asking(commands)
    _add_looking(commands)
    _add_agent(commands)
    return result


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str, run: Command
) -> argparse.ArgumentParser:
    added = commands.add_parser(name, help=text, description=text)
    added.set_defaults(command=run)
    return added


def _add_recording(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    texts = {
        "record": "Record with all cameras until Ctrl-C; then fetch the files and audit them.",
        "calibrate": "Record two pictures a second that can be watched, to set up cameras.",
    }
    for name, text in texts.items():
        added = _add(commands, name, text, record)
        add_config(added)
        added.add_argument("-n", "--acquisition-name", metavar="NAME", help="name of the recording (default: settings)")
        added.add_argument("-t", "--max-acquisition-time", type=seconds, metavar="SECONDS", help="longest recording")
        added.add_argument("-d", "--debug", action="store_true", help="show all of the cameras' logs")
        added.set_defaults(calibration=name == "calibrate")


def _add_asking(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add_config(_add(commands, "status", "Ask all agents how they are.", _status))
    add_config(_add(commands, "stop", "Have all agents finish what they record, whoever started it.", _stop))
    collect = _add(
        commands, "collect", "Fetch what all cameras have of a recording, such as after a failure.", _collect
    )
    add_config(collect)
    collect.add_argument("-n", "--acquisition-name", metavar="NAME", help="name of the recording (default: settings)")
    check = _add(commands, "check-config", "Say 'ok', or every fault of a settings file.", _check_config)
    check.add_argument("file", type=Path, metavar="FILE")


def _add_looking(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    montage = _add(commands, "montage", "Make a picture of all cameras' frames side by side.", _montage)
    montage.add_argument("folder", type=Path, metavar="FOLDER", help="the folder of a recording")
    montage.add_argument("-o", "--out", type=Path, help="where it goes (default: montage.jpg in that folder)")
    audit = _add(commands, "audit", "Judge a gathered recording again, and write its report anew.", _audit)
    audit.add_argument("folder", type=Path, metavar="FOLDER", help="the folder of a recording")


def _add_agent(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    agent = _add(commands, "agent", "Run the agent of this machine's camera.", run_agent)
    agent.add_argument("--instance-name", "--name", default="", help="the camera's name (default: the conductor's)")
    agent.add_argument("--data-path", type=Path, help="where recordings are kept (default: remote_data_path)")
    agent.add_argument("--port", type=int, default=54545, help="TCP port to listen at (default 54545)")
    add_agent_terms(agent)
    agent.add_argument("--log-level", default="info", choices=("debug", "info", "warning", "error"))


def add_agent_terms(agent: argparse.ArgumentParser) -> None:
    """Add what an agent takes beside name, folder and port."""
    agent.add_argument("--bind-address", default="*", help="where to listen (default: everywhere)")
    agent.add_argument("--source", default="", help="the camera, as picamera2:1 or /dev/video0 (default: settings)")
    agent.add_argument("--keys-directory", type=Path, help="CURVE keys: let in only whose key lies there")


def add_config(added: argparse.ArgumentParser) -> None:
    """Add the option that names the settings file, under all names that it has had."""
    added.add_argument(
        "-c", "--config", "--config-file", "--config-data-file", dest="config", type=Path, required=True,
        metavar="FILE", help="the settings file",
    )  # fmt: skip


def seconds(text: str) -> int:
    """Return a whole number of seconds above none."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1 second is needed")
    return value


def record(args: argparse.Namespace) -> int:
    """Record until the time is up, all cameras have ended, or Ctrl-C; return the exit code."""
    from imagehub.colony import showing

    return showing.record(args.config, args.acquisition_name, args.max_acquisition_time, args.calibration, args.debug)


def _status(args: argparse.Namespace) -> int:
    from imagehub.colony import showing

    return showing.status(args.config)


def _stop(args: argparse.Namespace) -> int:
    from imagehub.colony.conductor.conductor import Conductor

    with Conductor(args.config) as conductor:
        for name, state in conductor.stop_agents().items():
            print(f"{name}: {state}")
    return EXIT_OK


def _collect(args: argparse.Namespace) -> int:
    from imagehub.colony.conductor.conductor import Conductor

    with Conductor(args.config, args.acquisition_name) as conductor:
        for name, told in conductor.collect().items():
            print(f"{name}: {told}")
        print(conductor.folder)
    return EXIT_OK


def _check_config(args: argparse.Namespace) -> int:
    from imagehub.colony import settings
    from imagehub.colony.conductor import places

    places.of(settings.read(args.file))
    print("ok")
    return EXIT_OK


def _montage(args: argparse.Namespace) -> int:
    from imagehub.colony import montage

    print(montage.run(args.folder, args.out or args.folder / "montage.jpg"))
    return EXIT_OK


def _audit(args: argparse.Namespace) -> int:
    from imagehub.colony.synchrony import report

    return report.run(args.folder)


def run_agent(args: argparse.Namespace, **more: Any) -> int:
    """Run an agent with the words that all kinds of its command have."""
    from imagehub.colony.agent import service
    from imagehub.colony.agent.agent import Place
    from imagehub.colony.agent.stage import Terms

    place = Place(args.port, args.bind_address, args.keys_directory)
    data = args.data_path.absolute() if args.data_path else None
    terms = Terms(args.instance_name, args.source, data, place.stream_address)
    return service.run(place, terms, args.log_level, **more)
