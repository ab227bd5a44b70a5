"""What is shown of a target has no secret in it."""

import pytest

from imagehub.librarian.notify import masked


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("ann@example.org", "ann@example.org"),
        ("home/alarm", "home/alarm"),
        ("https://user:t0ken@example.org:8443/t0ken?t0ken", "https://example.org/…"),
        ("tgram://t0ken/12345", "tgram://…"),
        ("http://", "http://…"),
    ],
)
def test_urls_are_masked(target: str, shown: str) -> None:
    """Of others than HTTP even the host may be a token."""
    assert masked(target) == shown
