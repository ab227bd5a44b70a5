"""From lines of text to plates."""

import pytest

from imagehub.librarian.vision.plates.patterns import load
from imagehub.librarian.vision.plates.reading import Line, best

ALL = load((), None)


def line(
    text: str, score: float = 0.9, left: float = 100, top: float = 100, wide: float = 90, high: float = 20
) -> Line:
    """Return a line of text at a place."""
    return Line(text, score, left, top, left + wide, top + high)


def texts(*lines: Line, regions: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Return texts and regions of the plates that lines say."""
    return [(one.text, one.region) for one in best(lines, load(regions, None))]


def test_a_plate_among_words_is_found() -> None:
    """The state's name, a brand and a dealer's words are no plates."""
    found = texts(
        line("TEXAS", top=70), line("WSH-2458"), line("SKODA", top=10), line("TAXI", top=30), regions=("us-tx",)
    )
    assert found == [("WSH2458", "us-tx")]


@pytest.mark.parametrize("word", ["TAXI", "POLICE", "AMBULANCE", "24H", "1234567890", "", "-", "車"])
def test_words_are_no_plates(word: str) -> None:
    """Neither are numbers that are too long or too short."""
    assert texts(line(word)) == []


def test_what_fits_no_pattern_is_kept_as_less_sure() -> None:
    """A plate of an unknown kind is better than none."""
    [found] = best([line("XX1YY2ZZ", 0.9)], ALL)
    assert (found.text, found.region) == ("XX1YY2ZZ", "")
    assert found.score == pytest.approx(0.63)


def test_what_was_mended_is_less_sure_than_what_was_read() -> None:
    """A 0 taken for an O costs some score."""
    [clean], [mended] = best([line("BO G 8380")], ALL), best([line("B0 G 8380")], ALL)
    assert clean.text == mended.text
    assert mended.score < clean.score == 0.9


def test_two_lines_one_below_the_other_are_one_plate() -> None:
    """Motorcycles have such plates."""
    lower = line("CDE", 0.85, left=105, top=122, wide=70)
    [found] = best([lower, line("AB12", left=100)], load(("gb",), None))
    assert (found.text, found.region, found.score) == ("AB12CDE", "gb", 0.85)
    assert (found.box.left, found.box.top, found.box.width, found.box.height) == (100, 100, 90, 42)


def test_lines_far_apart_are_two_plates() -> None:
    """The car behind has its own."""
    found = texts(line("5AU 5341", 0.99), line("5AU 5342", 0.95, top=300), regions=("cz",))
    assert found == [("5AU5341", "cz"), ("5AU5342", "cz")]
