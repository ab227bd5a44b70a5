"""A test whose machine lacks something is skipped at home, and fails on CI."""

import pytest

from requirements_here import require


def test_what_is_there_lets_the_test_go_on() -> None:
    """A condition that holds has no effect."""
    require(condition=True, reason="nothing")


@pytest.mark.parametrize(
    ("ci", "outcome"),
    [("", pytest.skip.Exception), ("true", pytest.fail.Exception)],
)
def test_what_is_missing_is_skipped_at_home_and_fails_on_ci(
    ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is told either way."""
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no disk"):
        require(condition=False, reason="no disk")
