"""Faults of a YAML file name their line, show what was typed, and come as SettingsError and nothing else."""

from typing import Any

import pytest
import yaml

from imagehub import kinds, yamlfile
from imagehub.errors import SettingsError

KNOWN = {"hub": "hub", "port": "hub.port", "patience": "hub.patience"}


def read(text: str, kind: kinds.Kind) -> Any:
    """Read one value."""
    faults = yamlfile.Faults("file")
    node = yamlfile.compose(text, faults)
    assert node is not None
    value = yamlfile.read(node, "it", kind, faults)
    faults.raise_any()
    return value


def fault(text: str, kind: kinds.Kind) -> str:
    """Return the one fault of a value."""
    with pytest.raises(SettingsError) as caught:
        read(text, kind)
    (line,) = caught.value.faults
    return line


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a: *\n", "file:1:5: "),
        ("a:\n\tb: 1\n", "file:2:1: "),
        ("a: [1\n", "file:2:1: "),
        ("a: b: c\n", "file:1:5: "),
        ("a\n---\nb\n", "file:2:1: "),
        ("a: \x01\n", "file: "),
        ("[" * 5000, "file: "),
    ],
)
def test_a_text_that_is_no_yaml_is_placed_by_line_and_column(text: str, where: str) -> None:
    """People find the place, and are told what most often is the matter."""
    with pytest.raises(SettingsError, match=r"not YAML: .*indent with blanks, not tabs") as caught:
        yamlfile.compose(text, yamlfile.Faults("file"))
    assert str(caught.value).startswith(where)


def test_an_empty_text_has_no_document() -> None:
    """Comments are nothing."""
    assert yamlfile.compose("# nothing\n", yamlfile.Faults("file")) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("70000", "file:1: it: expected whole number from 1 to 65535, got 70000"),
        ("'5555'", "file:1: it: expected whole number from 1 to 65535, got '5555'"),
        ("", "file:1: it: expected whole number from 1 to 65535, got nothing"),
        ("[1]", "file:1: it: expected whole number from 1 to 65535, got a list"),
        ("{a: 1}", "file:1: it: expected whole number from 1 to 65535, got a mapping"),
        ("9" * 100, f"file:1: it: expected whole number from 1 to 65535, got {'9' * 60}..."),
        ("2026-99-99", "file:1: it: expected whole number from 1 to 65535, got 2026-99-99"),
        ("!!python/name:os.system", "file:1: it: expected whole number from 1 to 65535, got nothing"),
    ],
)
def test_a_wrong_value_is_shown_as_it_was_typed(text: str, expected: str) -> None:
    """The message repeats what stands in the file, not what YAML made of it; no tag runs code."""
    assert fault(f"--- {text}", kinds.PORT) == expected


def test_text_that_yaml_reads_otherwise_is_told_to_be_quoted() -> None:
    """A node called `on` or `12` is no truth and no number once it is in quotes."""
    assert fault("on", kinds.PATTERN).endswith("got on (in quotes it would do)")
    assert read("'on'", kinds.PATTERN) == "on"


def test_items_of_a_list_are_faulty_one_by_one() -> None:
    """Each bad item has its place in the list and its own line."""
    with pytest.raises(SettingsError) as caught:
        read("- 10.0.0.1\n- porch\n- 10\n", kinds.list_of(kinds.NETWORK))
    assert [line.partition(": expected")[0] for line in caught.value.faults] == [
        "file:2: it[1]",
        "file:3: it[2]",
    ]


def test_a_list_that_holds_itself_is_refused() -> None:
    """An alias in a circle ends in a fault, not in a loop."""
    assert fault("&a [*a]", kinds.list_of(kinds.NETWORK)).startswith("file:1: it[0]: expected IP address")


def test_a_list_is_read_as_a_tuple() -> None:
    """Nobody can change settings in place."""
    assert read("[10.0.0.1, 10.0.0.2]", kinds.list_of(kinds.NETWORK)) == ("10.0.0.1", "10.0.0.2")


def entries(text: str, prefix: str) -> tuple[dict[str, yaml.Node], list[str]]:
    """Return the entries of a mapping, and what is wrong with it."""
    faults = yamlfile.Faults("file")
    found = yamlfile.entries(yamlfile.compose(text, faults), prefix, KNOWN, faults)
    try:
        faults.raise_any()
    except SettingsError as error:
        return found, error.faults
    return found, []


def test_entries_are_known_by_their_whole_path() -> None:
    """A name that is known elsewhere is not known here, but its right place is suggested."""
    assert entries("port: 1\n", "hub.")[1] == []
    assert entries("port: 1\n", "")[1] == ["file:1: port: unknown setting; did you mean hub.port?"]
    assert entries("hub: 1\n", "hub.")[1] == ["file:1: hub.hub: unknown setting; did you mean hub?"]


def test_an_unknown_name_that_is_near_to_none_gets_no_suggestion() -> None:
    """Far-fetched guesses mislead."""
    assert entries("colour: 1\n", "hub.")[1] == ["file:1: hub.colour: unknown setting"]


def test_the_first_of_two_entries_counts_and_the_second_is_a_fault() -> None:
    """YAML would silently take the last one."""
    found, faults = entries("port: 1\nport: 2\n", "hub.")
    assert found["port"].value == "1"
    assert faults == ["file:2: hub.port: given a second time; keep one of them"]


def test_names_that_are_no_text_are_unknown() -> None:
    """A list as a name is refused like any other unknown name."""
    assert entries("? [a]\n: 1\n", "hub.")[1] == ["file:1: hub.a list: unknown setting"]
