"""How often systemd is told that the agent is alive."""

import pytest

from imagehub.colony.agent import service


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, 1.0),
        ({"WATCHDOG_USEC": "30000000"}, 1.0),
        ({"WATCHDOG_USEC": "1500000"}, 0.5),
        ({"WATCHDOG_USEC": "x"}, 1.0),
    ],
)
def test_the_watchdog_is_told_thrice_in_its_time(environment: dict[str, str], seconds: float) -> None:
    """And once a second at least."""
    assert service.watchdog_pause(environment) == seconds
