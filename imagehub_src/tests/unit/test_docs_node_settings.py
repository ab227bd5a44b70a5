"""The reference has every setting of a node, no other, and says of each what the code says."""

import re
from pathlib import Path

import pytest
import yaml

from imagehub.node.settings import keys, reading

REFERENCE = Path(__file__).parents[3] / "docs" / "ref" / "node-settings.md"
KEYS = {f"{section}.{name}": key for section, known in keys.SECTIONS.items() for name, key in known.items()}


def documented() -> dict[str, list[str]]:
    """Return the cells of each setting's row: type, default, unit, meaning."""
    rows = re.findall(r"^\| `([\w.]+)` \|(.*)\|$", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
    return {path: [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", cells)] for path, cells in rows}


def test_the_reference_has_every_setting_and_no_other() -> None:
    """Each has one row, in the order in which the code has them."""
    assert list(documented()) == list(KEYS)


@pytest.mark.parametrize("path", KEYS)
def test_the_reference_says_what_the_code_says(path: str) -> None:
    """Type, unit, meaning, and the default as it would be typed into a file."""
    key = KEYS[path]
    kind, default, unit, meaning = documented()[path]
    assert [kind, unit, meaning] == [key.kind.expected, key.unit or "-", key.meaning]
    if key.default is keys.REQUIRED:
        assert default == "required"
    else:
        assert yaml.safe_load(default.strip("`")) == key.default


def test_the_examples_of_the_reference_are_sound() -> None:
    """What is shown as a file can be run as one."""
    files = [text for text in re.findall(r"```yaml\n(.*?)```", REFERENCE.read_text(), re.DOTALL) if "node:" in text]
    assert files
    for text in files:
        assert reading.parse(text, Path("/home/pi")).name == "Barn"
