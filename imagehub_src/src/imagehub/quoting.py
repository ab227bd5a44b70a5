"""Words as systemd reads them in its units."""

import re

from imagehub.errors import ImagehubError


def quoted(word: str) -> str:
    """Return a word as it can stand in any line of a unit (systemd.syntax(7)); raise ImagehubError where none can."""
    if re.search(r'["\\$\x00-\x1f\x7f]', word):
        raise ImagehubError(f"{word!r} has one of \" \\ $ or a control character, which units can't have: use another")
    word = word.replace("%", "%%")
    return f'"{word}"' if re.search(r"[\s']", word) else word
