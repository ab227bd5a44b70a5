"""Names that come from elsewhere become folders and files only where they are harmless."""

import pytest

from imagehub.colony import names


@pytest.mark.parametrize("name", ["camera_red_60", "left-1", "A" * 100])
def test_these_name_a_camera(name: str) -> None:
    """Letters, digits, `_` and `-`."""
    assert names.instance(name) == name


@pytest.mark.parametrize("name", ["", "a.b", "../x", "a/b", "a b", "a\0", "A" * 101, "a\n"])
def test_these_name_no_camera(name: str) -> None:
    """A dot parts the names of files."""
    with pytest.raises(names.NameRefusedError):
        names.instance(name)


@pytest.mark.parametrize("name", ["", ".hidden", "..", "a..b", "a/b", "/etc", "A" * 101])
def test_these_name_no_acquisition(name: str) -> None:
    """None of them is a folder below the data directory, or one that is seen."""
    with pytest.raises(names.NameRefusedError):
        names.acquisition(name)


def test_a_group_may_be_empty() -> None:
    """Then there is no folder for it."""
    assert names.group("") == ""


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("mouse7__20260131", "mouse7"),
        ("mouse7_20260131", ""),
        ("_test_rcc_name_config", ""),
        ("a__b__c", "a"),
        ("__a", ""),
    ],
)
def test_the_group_stands_before_the_first_two_underscores(name: str, group: str) -> None:
    """Single ones part nothing."""
    assert names.group_of(name) == group
