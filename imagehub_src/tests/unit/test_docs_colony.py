"""The reference of the colony has every key, no other, with the defaults and meanings that the code has."""

import ast
import re
from pathlib import Path

import pytest

from imagehub.colony import cli, former
from imagehub.colony import settings_rules as rules
from imagehub.colony.settings_rules import Rule

DOCS = Path(__file__).parents[3] / "docs"
KEYS: dict[str, Rule] = {
    f"{section}.{key}": rule for section, known in rules.SECTIONS.items() for key, rule in known.items()
} | {f"camera.{key}": rule for key, rule in rules.CAMERA.items()}


def documented() -> dict[str, list[str]]:
    """Return the cells of each key's row: type, default, meaning."""
    text = (DOCS / "ref" / "colony-settings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+\.\w+)` \|(.*)\|$", text, re.MULTILINE)
    return {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows}


def test_the_reference_has_every_key_and_no_other() -> None:
    """In the order of the code."""
    assert list(documented()) == list(KEYS)


@pytest.mark.parametrize("name", KEYS)
def test_the_reference_says_what_the_code_says(name: str) -> None:
    """Type and meaning, and the default as it can be typed."""
    rule = KEYS[name]
    kind, default, meaning = documented()[name]
    assert (kind, meaning) == (rule.value.expected, rule.meaning)
    assert (None if default == "-" else ast.literal_eval(default.strip("`"))) == rule.default


@pytest.mark.parametrize("name", [name for name, rule in KEYS.items() if rule.default not in (None, "")])
def test_a_default_can_be_typed(name: str) -> None:
    """What the reference shows is read as what it is."""
    assert KEYS[name].value.read(repr(KEYS[name].default)) == KEYS[name].default


def test_the_guide_has_every_command() -> None:
    """Those of RPi Camera Colony too."""
    text = (DOCS / "guide" / "colony.md").read_text(encoding="utf-8")
    parser = cli.parser()
    commands = next(action.choices for action in parser._actions if isinstance(action.choices, dict))
    for name in commands:
        assert f"colony {name}" in text, name
    for name in ("rcc_conductor", "rcc_calibration", former.acquisition_parser().prog):
        assert f"`{name}`" in text, name
