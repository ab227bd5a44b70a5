"""Names become levels of topics and identifiers, and different names stay different."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from imagehub.librarian.mqtt import topics

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.mark.parametrize(
    ("name", "level"),
    [("Barn", "Barn"), ("Haus Süd", "Haus Süd"), ("a/b", "a%2Fb"), ("+", "%2B"), ("#", "%23"), ("50%", "50%25")],
)
def test_a_name_stays_readable(name: str, level: str) -> None:
    """Only what a level can't hold is escaped."""
    assert topics.level(name) == level


def test_a_missing_view_has_a_level() -> None:
    """So that the topics of all cameras have the same form."""
    assert topics.camera("imagehub", "Barn", "", topics.STATE) == "imagehub/Barn/%/state"


@given(NAMES, NAMES)
def test_any_camera_has_one_place(node: str, view: str) -> None:
    """Its topics have four levels, whatever the names hold, and nothing a broker refuses."""
    topic = topics.camera("imagehub", node, view, topics.STATE)
    assert topic_matches_sub("imagehub/+/+/state", topic)
    assert topic.isprintable()
    assert not {"+", "#"} & set(topic)


@given(NAMES, NAMES, NAMES, NAMES)
def test_different_cameras_differ(node: str, view: str, other_node: str, other_view: str) -> None:
    """In their topics and in their identifiers."""
    same = (node, view) == (other_node, other_view)
    camera = topics.camera("p", node, view, "state"), topics.identifier("p", node, view)
    other = topics.camera("p", other_node, other_view, "state"), topics.identifier("p", other_node, other_view)
    assert [one == another for one, another in zip(camera, other, strict=True)] == [same, same]


@given(NAMES)
def test_an_identifier_is_one_that_home_assistant_takes(name: str) -> None:
    """Letters, digits, `_` and `-`."""
    assert re.fullmatch(r"[a-zA-Z0-9_-]+", topics.identifier("imagehub", name))
