"""`imagehub command`: queue a command for a node, list those that wait, take one back."""

from datetime import UTC, datetime
from pathlib import Path

from imagehub import commands
from imagehub.errors import DataDirectoryError, ImagehubError
from imagehub.journal import FOLDER as JOURNAL


def run(data_directory: Path, node: str | None, text: str | None, wants_list: bool, cancel: str | None) -> int:
    """Do what the words say, print it and return the exit code. The hub may run or not.

    Raises:
        ImagehubError: there is no hub's data, the words don't fit, or the command can't be queued or taken back.
    """
    if not (data_directory / JOURNAL).is_dir():
        raise DataDirectoryError(f"no hub's data in {data_directory}: give its settings with --path")
    if wants_list and text is None and cancel is None:
        print("\n".join(_lines(data_directory, node)))
    elif cancel is not None and node is None and not wants_list:
        command = commands.cancel(data_directory, cancel)
        print(f"cancelled for {command.node}: {command.text}")
    elif node is not None and text is not None and not wants_list and cancel is None:
        command = commands.add(data_directory, node, text, datetime.now(UTC).astimezone())
        print(f"{command.id} waits for the next message of {command.node}: {command.text}")
    else:
        raise ImagehubError("give a node and a command, as in: imagehub command Barn 'SendFrames 10'; or --list")
    return 0


def _lines(data_directory: Path, node: str | None) -> list[str]:
    found = [each for each in commands.listed(data_directory) if node is None or each.node == node]
    return [f"{each.id}  {each.queued}  {each.node}  {each.text}" for each in found] or ["no command waits"]
