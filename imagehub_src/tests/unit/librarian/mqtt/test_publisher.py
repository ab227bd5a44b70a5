"""Other parts publish while there is a session, and learn when there is none."""

import pytest

from imagehub.librarian.mqtt.publisher import Publisher


def test_without_a_session_nothing_is_published() -> None:
    """The error says where to look."""
    with pytest.raises(ConnectionError, match=r"mqtt\.broker"):
        Publisher().publish("a/b", b"")
