"""Patterns of plates: what they stand for, and how they mend readings."""

from pathlib import Path

import pytest

from imagehub.errors import SettingsError
from imagehub.librarian.vision.plates.patterns import Fit, gaps_of, load, normal, read, templates, unlike


def fit(text: str, *regions: str) -> Fit | None:
    """Return what a text says where these regions are expected."""
    return load(regions, None).fit(normal(text), gaps_of(text))


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("WSH-2458", "us-tx"),
        ("8ABC123", "us-ca"),
        ("HJK-4821", "us-ny"),
        ("B-MW 1234", "de"),
        ("MTK U 43", "de"),
        ("M-AB 12H", "de"),
        ("HH-XY 99E", "de"),
        ("5AU 5341", "cz"),
        ("AB12 CDE", "gb"),
        ("AB-123-CD", "fr"),
        ("12-BDF-3", "nl"),
        ("WA 12345", "pl"),
        ("WPI 12AC", "pl"),
        ("AB 123 CD", "it"),
        ("1234 BCD", "es"),
        ("W-12345A", "at"),
        ("ZH 123456", "ch"),
        ("1-ABC-234", "be"),
        ("ABC 12D", "se"),
    ],
)
def test_plates_fit_the_pattern_of_their_region(text: str, region: str) -> None:
    """A plate as it is issued costs nothing, and is of the region that is expected."""
    assert fit(text, region) == Fit(normal(text), region, 0.0)


@pytest.mark.parametrize(
    ("text", "region", "meant"),
    [
        ("ABC-I234", "us-tx", "ABC1234"),
        ("A8C-1234", "us-tx", "ABC1234"),
        ("B0 G 838O", "de", "BOG8380"),
        ("5AU 534I", "cz", "5AU5341"),
        ("SAU 5341", "cz", "5AU5341"),
        ("AB1Z CDE", "gb", "AB12CDE"),
        ("AB-123-C8", "fr", "AB123CB"),
        ("4B-123-CD", "fr", "AB123CD"),
    ],
)
def test_what_looks_alike_is_read_as_its_place_wants_it(text: str, region: str, meant: str) -> None:
    """Common confusions are mended where the pattern tells, and that costs."""
    found = fit(text, region)
    assert found is not None
    assert (found.text, found.region) == (meant, region)
    assert 0 < found.cost < 0.45


@pytest.mark.parametrize("text", ["TAXI", "POLICE", "TEXAS", "SCHOOLBUS", "X", "12", "ABCDEFGHIJK1", "2026", "5551234"])
def test_words_and_plain_numbers_fit_nothing(text: str) -> None:
    """What has no digit is a word, and what has digits alone is any number."""
    assert fit(text) is None


def test_plates_of_digits_alone_count_where_they_are_expected() -> None:
    """Who expects New Hampshire's plates gets them."""
    assert fit("123 4567", "us-nh") == Fit("1234567", "us-nh", 0.0)


def test_a_region_that_is_not_expected_does_not_count() -> None:
    """With regions given, nothing else fits."""
    assert fit("AB-123-CD", "us-tx") is None


def test_what_fits_several_regions_is_of_what_they_have_in_common() -> None:
    """Nobody can tell which state has 1AB 345, but it is one of the United States."""
    found = fit("1AB 345")
    assert found is not None
    assert (found.text, found.region) == ("1AB345", "us")


def test_of_expected_regions_the_first_is_the_likeliest() -> None:
    """What fits both is of the one that was named first."""
    for first, second in (("us-tx", "us-ny"), ("us-ny", "us-tx")):
        found = fit("ABC-1234", first, second)
        assert found is not None
        assert found.region == first


def test_a_country_stands_for_its_states() -> None:
    """`us` expects Texas, too."""
    assert fit("1AB2345", "us") == Fit("1AB2345", "us-md", 0.0)


def test_gaps_tell_apart_what_is_else_alike() -> None:
    """Where the hyphens are says that it is a French plate with a 0, and no Polish one."""
    assert fit("AH-O70-SH", "pl", "fr") == Fit("AH070SH", "fr", 0.1)


def test_a_rare_pattern_is_taken_only_where_no_other_fits_about_as_well() -> None:
    """An S that was read as 5 makes no British plate of the seventies."""
    assert fit("V568 GLZ", "gb") == Fit("VS68GLZ", "gb", 0.2)
    assert fit("V123 GLA", "gb") == Fit("V123GLA", "gb", 0.0)


def test_accents_are_left_out() -> None:
    """Readings and what users type are compared without them."""
    assert normal("gö-ü 123") == "GOU123"
    assert gaps_of("GÖ-Ü 123") == {2, 3}


def test_a_pattern_stands_for_all_its_lengths() -> None:
    """Parts that may be repeated, classes and words are spelled out."""
    assert sorted(len(one.places) for one in templates("xx", "A{1,2}-9{2,3}")) == [3, 4, 4, 5]
    [one] = templates("xx", "~[A-C1] 99")
    assert (one.places[0], one.gaps, one.rare) == (frozenset("ABC1"), frozenset({1}), True)
    assert {"".join(min(place) for place in one.places[:2]) for one in templates("xx", "(ZH|BE) 999")} == {"ZH", "BE"}


def test_a_site_adds_regions_and_changes_ours(tmp_path: Path) -> None:
    """Its file has patterns of more regions; those of a region that we know take the place of ours."""
    file = tmp_path / "plates.yaml"
    file.write_text('xy: ["[Q]-999"]\ncz: ["AAAA9"]\n')
    patterns = load(("xy", "cz"), file)
    assert patterns.fit("Q123") == Fit("Q123", "xy", 0.0)
    assert patterns.fit("ABCD1") == Fit("ABCD1", "cz", 0.0)
    assert patterns.fit("5AU5341") is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('de: ["AA-9"]\nxyz: ["AAA"]', "plates.yaml:2: xyz: expected a region as `de` or `us-tx`"),
        ("de: AAA999", 'plates.yaml:1: de: expected a list of patterns as `["AAA-9999"]`'),
        ("\n- AAA", "plates.yaml:2: expected lines as"),
        ('de: ["AAa"]', "plates.yaml:1: de: 'AAa': not understood from 'a' on"),
        ('de:\n- "AAA"\n- "9"', "plates.yaml:3: de: '9': a plate has 3 to 10 characters"),
        ('de: ["[Z-A]99"]', "plates.yaml:1: de: [Z-A]: expected letters and digits"),
        ('de: ["AAA"]\nde: ["AAA"]', "plates.yaml:2: de: given a second time"),
        ('de: ["A{1,9}A{1,9}9{1,9}9{1,9}"]', "stands for 6561 shapes"),
        ("de: [", "plates.yaml:1"),
    ],
)
def test_faults_of_a_file_are_told_with_their_lines(text: str, fault: str) -> None:
    """What is wrong, and where, so that it can be mended."""
    with pytest.raises(SettingsError) as raised:
        read(text, "plates.yaml")
    assert fault in str(raised.value)


def test_a_region_that_nobody_knows_is_told(tmp_path: Path) -> None:
    """The message has those that are known; a file that is not there is told, too."""
    with pytest.raises(SettingsError, match="no patterns of 'atlantis' are known; there are at, "):
        load(("atlantis",), None)
    with pytest.raises(SettingsError, match="No such file"):
        load((), tmp_path / "nothing.yaml")
    (tmp_path / "latin").write_bytes(b"de: [\xe9]")
    with pytest.raises(SettingsError, match="is not UTF-8"):
        load((), tmp_path / "latin")


def test_likeness_is_mutual() -> None:
    """Whoever takes 8 for B takes B for 8."""
    assert unlike("8", "B") == unlike("B", "8") == 0.2
    assert (unlike("A", "A"), unlike("A", "W")) == (0.0, 1.0)
