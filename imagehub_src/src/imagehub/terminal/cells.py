"""How many columns of a terminal a text takes, and how to make it fit; no text may control the terminal."""

from unicodedata import category, east_asian_width

ELLIPSIS = "…"


def clean(text: str) -> str:
    """Return the text with `?` for what a terminal can't show or may act on, and blanks for white space."""
    return "".join(character if character.isprintable() else _stand_in(character) for character in text)


def width(text: str) -> int:
    """Return the columns that a cleaned text takes: two for a wide character, none for a combining one."""
    return sum(map(_character_width, text))


def fit(text: str, columns: int, right: bool = False) -> str:
    """Return a cleaned text in just so many columns: padded (on its left if `right`), or cut and marked."""
    if width(text) > columns:
        text = _cut(text, columns - 1) + ELLIPSIS if columns > 0 else ""
    padding = " " * (columns - width(text))
    return padding + text if right else text + padding


def _stand_in(character: str) -> str:
    return " " if character.isspace() else "?"


def _character_width(character: str) -> int:
    # The vowels and final consonants of Hangul (U+1160 to U+11FF) are drawn into the consonant before them.
    if category(character) in {"Mn", "Me"} or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def _cut(text: str, columns: int) -> str:
    taken = 0
    for index, character in enumerate(text):
        taken += _character_width(character)
        if taken > columns:
            return text[:index]
    return text
