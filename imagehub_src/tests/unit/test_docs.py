"""The reference holds what the code has: every command, every metric, every reply, every key of the status."""

import argparse
import re
from pathlib import Path

import pytest

from imagehub import cli, exposition, front, hub, store, waking, wire
from imagehub.metrics import Metrics
from imagehub.testing import FakeClock

DOCS = Path(__file__).parents[3] / "docs"
SOURCES = [Path(module.__file__ or "") for module in (wire, hub, exposition)]


def commands() -> list[str]:
    """Return the names of all commands."""
    (actions,) = [action for action in cli._parser("run")._actions if isinstance(action, argparse._SubParsersAction)]
    return sorted(actions.choices)


def reasons() -> set[str]:
    """Return how each reason begins that the code can refuse a message with."""
    texts = re.findall(r'RefusedError\(\s*f?"([^"{]+)', "".join(path.read_text() for path in SOURCES[:2]))
    return {" ".join(text.split()[:2]) for text in texts}


@pytest.mark.parametrize("name", commands())
def test_every_command_is_documented(name: str) -> None:
    """docs/ref/commands.md has each command."""
    assert f"`imagehub {name}" in (DOCS / "ref" / "commands.md").read_text()


def test_every_metric_is_documented_and_no_other() -> None:
    """docs/ref/metrics.md has the metrics that /metrics shows, under the names that Prometheus stores."""
    clock = FakeClock()
    document = {
        "version": "1", "durability": "synced", "state": "ready", "uptime_seconds": 1.0,
        "queue": {"waiting": 0}, "disk": {"free_bytes": 1, "total_bytes": 2},
    }  # fmt: skip
    collector = exposition.HubCollector(Metrics(clock.now, clock.monotonic), lambda: document)
    shown = {metric.name + ("_total" if metric.type == "counter" else "") for metric in collector.collect()}
    documented = set(re.findall(r"`(imagehub_(?!librarian_)\w+)`", (DOCS / "ref" / "metrics.md").read_text()))
    assert documented == shown


@pytest.mark.parametrize("reason", sorted(reasons()))
def test_every_refusal_is_documented(reason: str) -> None:
    """docs/ref/replies.md has each reason to refuse a message."""
    assert f"NOT STORED {reason}" in (DOCS / "ref" / "replies.md").read_text()


@pytest.mark.parametrize(
    "reply",
    [front.STOPPED, front.HOPELESS, waking.TEXT, hub.OK]
    + [f"NOT STORED {reason}".encode() for reason in (store.DISK_FULL, store.DAILY_LIMIT)],
)
def test_every_other_reply_is_documented(reply: bytes) -> None:
    """docs/ref/replies.md has the replies that are not about the message."""
    assert f"`{reply.decode()}`" in (DOCS / "ref" / "replies.md").read_text()
