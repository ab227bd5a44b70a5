"""The guide to the camera node shows sound settings, commands that are obeyed, and every word of `imagenode`."""

import argparse
import re
from pathlib import Path

import pytest
import yaml

from imagehub.node import cli, commands
from imagehub.node.settings import reading

GUIDE = (Path(__file__).parents[3] / "docs" / "guide" / "imagenode.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
NEEDED = {
    "node": {"name": "Barn"},
    "hub_address": {"H1": "tcp://hub:5555"},
    "cameras": {"P1": {"viewname": "Yard"}},
}


def words() -> list[str]:
    """Return the names of all commands of `imagenode`."""
    (actions,) = [action for action in cli._parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return sorted(actions.choices)


@pytest.mark.parametrize("word", words())
def test_every_word_of_imagenode_is_in_the_guide(word: str) -> None:
    """Whoever reads it knows all that there is."""
    assert f"imagenode {word}" in GUIDE


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_are_sound(text: str) -> None:
    """A part of a file is sound with what is needed around it."""
    reading.parse(yaml.safe_dump(NEEDED | yaml.safe_load(text)), Path("/home/pi"))


def test_the_commands_of_the_guide_are_commands() -> None:
    """As they stand there."""
    (table,) = re.findall(r"\| command \| what the node does \|\n(.*?)\n\n", GUIDE, re.DOTALL)
    shown = [one for line in table.splitlines()[1:] for one in re.findall(r"`([^`]+)`", line.split("|")[1])]
    assert len(shown) == 5
    assert all(commands.parse(one) is not None for one in shown)
