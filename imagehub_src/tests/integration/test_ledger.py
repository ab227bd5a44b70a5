"""Crash safety: whatever moment the store dies at, what was acknowledged is stored."""

import random
from pathlib import Path

import pytest

from imagehub import check, failpoints
from ledger import Ledger, digests
from running import running_hub

ROUNDS = 12


@pytest.mark.timeout(240)
def test_killed_at_random_moments_it_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """Acknowledged is a subset of stored, hashes are equal, no half file is visible, journal and files agree."""
    chance = random.Random(20_260_314)
    with running_hub(tmp_path) as hub:
        ledger = Ledger(hub.endpoint, senders=8, rate=0.0, size=60_000)
        ledger.start()
        for _ in range(ROUNDS):
            ledger.wait_for(chance.randrange(1, 400))
            hub.wait_replaced(hub.kill_store())
        assert ledger.finish() == 0
        hub.stop()
    stored = digests(hub.images())
    assert ledger.acknowledged() <= set(stored)
    assert set(stored) <= ledger.acknowledged() | ledger.refused()
    assert check.check(hub.data).differences == []


@pytest.mark.parametrize("name", failpoints.NAMES)
def test_a_crash_at_each_step_of_the_write_path_loses_nothing(tmp_path: Path, name: str) -> None:
    """Crash at the 40th pass of each failpoint, in every life of the store: what got an OK is there, once."""
    with running_hub(tmp_path, {"IMAGEHUB_FAILPOINTS": f"{name}=crash@40"}) as hub:
        first = hub.status()["pid"]
        ledger = Ledger(hub.endpoint, senders=4, rate=0.0)
        ledger.start()
        ledger.wait_for(150)
        assert ledger.finish() == 0
        hub.wait_replaced(first)
        hub.stop()
    stored = digests(hub.images())
    assert ledger.acknowledged() <= set(stored)
    assert max(stored.values()) == 1
    assert check.check(hub.data).differences == []


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("name", ["after_receive", "mid_write", "before_flush", "after_flush"])
def test_an_error_at_each_step_is_never_answered_ok(tmp_path: Path, name: str, error: str) -> None:
    """A fault that comes and goes: each image is either acknowledged and stored or told NOT STORED, never both."""
    with running_hub(tmp_path, {"IMAGEHUB_FAILPOINTS": f"{name}={error}@20*3"}) as hub:
        ledger = Ledger(hub.endpoint, senders=4, rate=0.0)
        ledger.start()
        ledger.wait_for(200)
        assert ledger.finish() == 0
        hub.stop()
    stored = set(digests(hub.images()))
    assert ledger.refused()
    assert ledger.acknowledged() == stored
    assert check.check(hub.data).differences == []


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_a_reply_that_can_not_be_sent_is_sent_by_the_next_store(tmp_path: Path, error: str) -> None:
    """A fault right before the reply ends that store; its successor answers OK for what is stored already."""
    with running_hub(tmp_path, {"IMAGEHUB_FAILPOINTS": f"before_reply={error}@30"}) as hub:
        ledger = Ledger(hub.endpoint, senders=4, rate=0.0)
        ledger.start()
        ledger.wait_for(150)
        assert ledger.finish() == 0
        hub.stop()
    stored = digests(hub.images())
    assert ledger.acknowledged() == set(stored)
    assert max(stored.values()) == 1
