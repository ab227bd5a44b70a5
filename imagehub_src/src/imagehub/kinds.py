"""What the value of a setting may be: each kind says it in words, and tells whether a value is one."""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple


class Kind(NamedTuple):
    """The values that `fits`, or lists of `items`. `expected` says it in words."""

    expected: str
    fits: Callable[[Any], bool]
    items: "Kind | None" = None


def whole(low: int, high: int) -> Kind:
    """Whole numbers, both ends included."""
    return Kind(f"whole number from {low} to {high}", lambda value: type(value) is int and low <= value <= high)


def above_zero(high: int) -> Kind:
    """Numbers, whole or not, `high` included."""
    return Kind(f"number above 0, up to {high}", lambda value: type(value) in {int, float} and 0 < value <= high)


def one_of(*words: str) -> Kind:
    """These words and no other."""
    return Kind(f"{', '.join(words[:-1])} or {words[-1]}", lambda value: isinstance(value, str) and value in words)


def list_of(kind: Kind) -> Kind:
    """Lists of values of one kind, also empty."""
    return Kind(f"list, each item: {kind.expected}", lambda _: False, kind)


def or_null(kind: Kind) -> Kind:
    """Values of a kind, or none."""
    return Kind(f"{kind.expected}; or null", lambda value: value is None or kind.fits(value))


def _is_path(value: Any) -> bool:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        return False
    try:
        Path(value).expanduser()
    except RuntimeError:  # the home of a user who does not exist
        return False
    return True


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_host(value: Any) -> bool:
    name = r"(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?"
    return isinstance(value, str) and (_is_ip(value) or bool(re.fullmatch(name, value)))


def _is_endpoint(value: Any) -> bool:
    match = re.fullmatch(r"tcp://(?:\[([^\]]+)\]|([^:/]+)):([0-9]{1,5})", value) if isinstance(value, str) else None
    if match is None or not 1 <= int(match[3]) <= 65535:
        return False
    return _is_host(match[2]) if match[2] else ":" in match[1] and _is_ip(match[1])


def _is_network(value: Any) -> bool:
    if not isinstance(value, str):  # ip_network takes numbers too
        return False
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return True


TRUTH = Kind("true or false", lambda value: type(value) is bool)
PORT = whole(1, 65535)
PATH = Kind("path", _is_path)
ADDRESS = Kind("`*`, IP address, host or interface", lambda value: value == "*" or _is_host(value))
HTTP_ADDRESS = Kind("IPv4 address or host", lambda value: _is_host(value) and ":" not in value)
ENDPOINT = Kind("`tcp://HOST:PORT`", _is_endpoint)
NETWORK = Kind("IP address, or network as `192.168.1.0/24`", _is_network)
PATTERN = Kind("node, or pattern as `Barn*`", lambda value: isinstance(value, str) and bool(value.strip()))
HOST = Kind("IP address or host", _is_host)
CLOCK = Kind(
    "time of day as `03:30`, in quotes",
    lambda value: isinstance(value, str) and bool(re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value)),
)
TOPIC = Kind(
    "MQTT topic without wildcards",
    lambda value: isinstance(value, str) and bool(re.fullmatch(r"[^\s+#/]+(/[^\s+#/]+)*", value)),
)
WORDS = Kind("text", lambda value: isinstance(value, str) and bool(value.strip()) and value.isprintable())
