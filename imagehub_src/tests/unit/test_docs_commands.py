"""The reference of commands has every word of `imagenode`, of `colony`, and of the commands before it."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagehub.colony import cli as colony
from imagehub.colony import former
from imagehub.colony.showing import EXIT_AUDIT
from imagehub.node import cli as node
from imagehub.terminal import exits

PAGE = (Path(__file__).parents[3] / "docs" / "ref" / "commands.md").read_text(encoding="utf-8")
PARSERS = {
    "imagenode": node._parser(),
    "colony": colony.parser(),
    "rcc_conductor": former.conductor_parser(),
    "rcc_acquisition": former.acquisition_parser(),
}
HEADINGS = {"imagenode": "## imagenode", "colony": "## colony"}


def section(name: str) -> str:
    """Return the part of the page that is about a command, up to the next heading of its level."""
    heading = HEADINGS.get(name, "### The commands of RPi Camera Colony")
    found = PAGE.partition(f"\n{heading}\n")[2]
    assert found, heading
    return re.split(rf"\n#{{2,{heading.count('#')}}} ", found)[0]


def verbs(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the commands of a command, by their names."""
    found = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(found[0].choices) if found else {}


def every_verb() -> Iterator[tuple[str, str]]:
    """Yield each command with each of its commands."""
    for name, parser in PARSERS.items():
        yield from ((name, verb) for verb in verbs(parser))


def every_option() -> Iterator[tuple[str, str]]:
    """Yield each command with each option that it, or a command of it, takes."""
    for name, parser in PARSERS.items():
        for one in (parser, *verbs(parser).values()):
            for action in one._actions:
                yield from ((name, option) for option in action.option_strings if option not in {"-h", "--help"})


@pytest.mark.parametrize(("name", "verb"), sorted(every_verb()))
def test_every_verb_is_documented(name: str, verb: str) -> None:
    """By a row of its own."""
    assert re.search(rf"^\| `{name} {verb}\b", section(name), re.MULTILINE)


@pytest.mark.parametrize(("name", "verb"), sorted(every_verb()))
def test_every_operand_is_documented(name: str, verb: str) -> None:
    """Whatever a command must be given stands in its row."""
    operands = [action.metavar for action in verbs(PARSERS[name])[verb]._actions if not action.option_strings]
    row = re.search(rf"^\| `{name} {verb}\b([^`]*)`", section(name), re.MULTILINE)
    assert row
    assert all(str(operand) in row[1] for operand in operands)


@pytest.mark.parametrize(("name", "option"), sorted(set(every_option())))
def test_every_option_is_documented(name: str, option: str) -> None:
    """Short or long, in code."""
    assert re.search(rf"`[^`\n]*(?<![\w-]){re.escape(option)}(?![\w-])[^`\n]*`", section(name))


@pytest.mark.parametrize("name", ["imagenode", "colony"])
def test_no_other_verb_is_documented(name: str) -> None:
    """What the page has can be typed."""
    assert set(re.findall(rf"^\| `{name} ([a-z-]+)", section(name), re.MULTILINE)) == set(verbs(PARSERS[name]))


@pytest.mark.parametrize("code", [exits.EXIT_FAULT, exits.EXIT_SETTINGS, EXIT_AUDIT, exits.EXIT_INTERRUPTED])
def test_exit_codes_are_documented(code: int) -> None:
    """All that a script may meet."""
    assert re.search(rf"Exit\s+codes: .*\b{code} ", section("colony"), re.DOTALL)
