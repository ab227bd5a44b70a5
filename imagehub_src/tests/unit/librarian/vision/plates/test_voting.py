"""Votes over the images of one plate."""

import pytest

from imagehub.librarian.vision.plates.voting import Vote, best, confused, distance, near


def votes(*said: tuple[str, float]) -> list[Vote]:
    """Return votes for texts, by how sure they are."""
    return [Vote(text, "cz", score) for text, score in said]


def test_what_two_images_agree_on_wins_over_a_surer_one() -> None:
    """One glare does not undo what others saw."""
    found = best(votes(("5AU5341", 0.8), ("5AU5347", 0.99), ("5AU5341", 0.7)))
    assert (found.text, found.region) == ("5AU5341", "cz")
    assert found.score == pytest.approx(0.75)


def test_of_two_the_surer_one_wins() -> None:
    """There is no majority."""
    assert best(votes(("5AU5341", 0.8), ("5AU5347", 0.9))).text == "5AU5347"


def test_where_none_agree_each_character_is_voted_on() -> None:
    """Three images with a fault each say together what none says alone."""
    assert best(votes(("5AU5347", 0.8), ("5AU5B41", 0.8), ("SAU5341", 0.8))).text == "5AU5341"
    assert best(votes(("5AU5347", 0.8), ("AU5341", 0.8), ("SAU5341", 0.8), ("5AV5341", 0.8))).text == "5AU5341"


def test_the_region_is_the_one_that_says_most() -> None:
    """What is not known does not count."""
    said = [Vote("ABC1234", "", 0.9), Vote("ABC1234", "us", 0.8), Vote("ABC1234", "", 0.9)]
    assert best(said).region == "us"
    assert best(said[:1]).region == ""


@pytest.mark.parametrize(
    ("one", "other", "steps"), [("ABC", "ABC", 0), ("ABC", "AXC", 1), ("ABC", "AB", 1), ("", "AB", 2)]
)
def test_distance_counts_changes(one: str, other: str, steps: int) -> None:
    """Changed, added and left out characters count one each."""
    assert distance(one, other) == distance(other, one) == steps


def test_near_texts_are_of_one_plate() -> None:
    """Long texts may differ in two characters, short ones in one."""
    assert near("5AU5341", "5AU534")
    assert near("5AU5341", "SAU5347")
    assert not near("5AU5341", "XXX5341")
    assert not near("AB12", "AB34")


def test_only_what_looks_alike_is_confused() -> None:
    """A known plate is not claimed for any car whose plate differs in one character."""
    assert confused("5AU5341", "5AU534I") == pytest.approx(0.1)
    assert confused("SAU534I", "5AU5341") == pytest.approx(0.3)
    assert confused("5AU5341", "5AU5349") is None
    assert confused("AB80", "ABBO") is None
    assert confused("ABC", "ABCD") is None
