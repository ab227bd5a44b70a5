"""What a test needs of the machine it runs on."""

import os

import pytest


def require(condition: object, reason: str) -> None:
    """Skip the test unless the condition holds; where CI=true, fail it: there nothing may be missing."""
    if condition:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have what this test needs: {reason}")
    pytest.skip(reason)
