"""The reference and the example file have every setting, no other, and the defaults that the code has."""

import re
from pathlib import Path

import pytest
import yaml

from imagehub import settings

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "docs" / "ref" / "settings.md"
EXAMPLE = ROOT / "devops" / "examples" / "imagehub.yaml"
RULES = settings.rules()


def documented() -> dict[str, list[str]]:
    """Return the cells of each setting's row: type, default, unit, change by, meaning."""
    rows = re.findall(r"^\| `hub\.(\w+)` \|(.*)\|$", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows}


def test_the_reference_has_every_setting_and_no_other() -> None:
    """Each has one row, in the order in which the code has them."""
    assert list(documented()) == list(RULES)


@pytest.mark.parametrize("name", RULES)
def test_the_reference_gives_the_default(name: str) -> None:
    """What the reference shows as the default, typed into a file, is the default."""
    assert yaml.safe_load(documented()[name][1].strip("`")) == RULES[name].default


@pytest.mark.parametrize("name", RULES)
def test_the_reference_says_what_the_code_says(name: str) -> None:
    """Type, unit, meaning, and whether a reload is enough."""
    rule = RULES[name]
    kind, _, unit, change, meaning = documented()[name]
    assert [kind, unit, change, meaning] == [
        rule.kind.expected,
        rule.unit or "-",
        "reload" if rule.reload else "restart",
        rule.meaning,
    ]


def test_the_example_has_every_setting_with_its_default() -> None:
    """Whoever starts from the example starts from the defaults, and misses nothing."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert yaml.safe_load(text) == {"hub": {name: rule.default for name, rule in RULES.items()}}
    assert settings.parse(text, Path("/home/pi")) == settings.defaults(Path("/home/pi"))
