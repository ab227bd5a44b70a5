"""Each kind admits what works and refuses what would fail later, when the hub is running."""

from typing import Any

import pytest

from imagehub import kinds

GOOD: list[tuple[kinds.Kind, list[Any]]] = [
    (kinds.whole(1, 3), [1, 3]),
    (kinds.above_zero(10), [10, 0.001]),
    (kinds.one_of("synced", "written"), ["synced", "written"]),
    (kinds.or_null(kinds.PORT), [None, 65535]),
    (kinds.TRUTH, [True, False]),
    (kinds.PATH, ["imagehub_data", "~/data", "../a b", "/srv/Bärn"]),
    (kinds.ADDRESS, ["*", "0.0.0.0", "::1", "eth0", "br-lan", "data1.local"]),
    (kinds.HTTP_ADDRESS, ["127.0.0.1", "localhost"]),
    (kinds.ENDPOINT, ["tcp://porch:5555", "tcp://192.168.1.5:1", "tcp://[::1]:65535"]),
    (kinds.NETWORK, ["192.168.1.7", "192.168.1.7/24", "10.0.0.0/8", "fd00::/8"]),
    (kinds.PATTERN, ["Barn*", "Barn P1", "*"]),
    (kinds.HOST, ["mail.example.org", "10.0.0.1", "::1"]),
    (kinds.CLOCK, ["00:00", "23:59"]),
    (kinds.TOPIC, ["imagehub", "farm/barn"]),
    (kinds.WORDS, ["librarian", "a b"]),
]
BAD: list[tuple[kinds.Kind, list[Any]]] = [
    (kinds.whole(1, 3), [0, 4, 2.0, True, "2", None]),
    (kinds.above_zero(10), [0, -1, 10.5, True, float("nan"), float("inf"), "5"]),
    (kinds.one_of("synced", "written"), ["Synced", "", None, False, ["synced"]]),
    (kinds.or_null(kinds.PORT), [0, 65536, "null", False]),
    (kinds.TRUTH, [0, 1, "True", None]),
    (kinds.PATH, ["", "  ", "a\0b", "a\nb", "~nobody-has-this-name/x", 5, None]),
    (kinds.ADDRESS, ["", "tcp://*", "*:5555", "192.168.1.300", "-x", "a b", 5, None]),
    (kinds.HTTP_ADDRESS, ["*", "::1", "", None]),
    (
        kinds.ENDPOINT,
        [
            "porch:5555",
            "tcp://porch",
            "tcp://porch:0",
            "tcp://porch:70000",
            "tcp://:1",
            "tcp://*:1",
            "ipc://x",
            5,
            None,
            "tcp://[10.0.0.1]:5",
            "tcp://[::1:5",
            "tcp://porch:5555/",
        ],
    ),
    (kinds.NETWORK, ["192.168.1.300", "10.0.0.0/33", "porch", "", 10, True, None]),
    (kinds.PATTERN, ["", "  ", 12, True, None]),
    (kinds.HOST, ["*", "", "a b", "http://x", 5, None]),
    (kinds.CLOCK, ["24:00", "3:30", "03:60", 210, None]),
    (kinds.TOPIC, ["", "/", "a/", "a//b", "a/#", "+", "a b", 5, None]),
    (kinds.WORDS, ["", "  ", "a\nb", 5, None]),
]


def each(table: list[tuple[kinds.Kind, list[Any]]]) -> list[Any]:
    """Return a parameter for each value of each kind, named by both."""
    return [pytest.param(kind, value, id=f"{kind.expected}-{value!r}") for kind, values in table for value in values]


@pytest.mark.parametrize(("kind", "value"), each(GOOD))
def test_what_works_is_admitted(kind: kinds.Kind, value: Any) -> None:
    """Ends of ranges and unusual but sound spellings fit."""
    assert kind.fits(value)


@pytest.mark.parametrize(("kind", "value"), each(BAD))
def test_what_would_fail_later_is_refused(kind: kinds.Kind, value: Any) -> None:
    """Values of another type, out of range or malformed do not fit; True is no number, and 1 is no truth."""
    assert not kind.fits(value)
