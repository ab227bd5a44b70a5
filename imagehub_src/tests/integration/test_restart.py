"""A restart that nobody notices."""

import signal
from itertools import cycle
from pathlib import Path

import pytest

from imagehub import check
from ledger import Ledger, digests
from running import RunningHub, running_hub, until

RESTARTS = 20
SENDERS = 64
RATE = 20.0


def assert_nothing_lost(hub: RunningHub, ledger: Ledger) -> None:
    """Compare the ledger with the files, and the files with the journal."""
    stored = digests(hub.images())
    assert ledger.acknowledged() <= set(stored)
    assert [digest for digest, times in stored.items() if times > 1] == []
    assert check.check(hub.data).differences == []


@pytest.mark.timeout(240)
def test_stock_senders_neither_hang_nor_lose_an_image_when_the_store_restarts(tmp_path: Path) -> None:
    """20 restarts, by SIGTERM and SIGKILL in turn, under 64 stock senders at 20 images/s: 0 hang, 0 lost, 0 twice."""
    with running_hub(tmp_path) as hub:
        ledger = Ledger(hub.endpoint, SENDERS, RATE)
        ledger.start()
        for _, number in zip(range(RESTARTS), cycle((signal.SIGTERM, signal.SIGKILL)), strict=False):
            ledger.wait_for(SENDERS)
            hub.wait_replaced(hub.kill_store(number))
        assert ledger.finish() == 0
        assert ledger.count() > RESTARTS * SENDERS
        hub.stop()
        assert_nothing_lost(hub, ledger)
        assert not ledger.refused()


def test_a_store_that_is_gone_for_long_is_waited_for(tmp_path: Path) -> None:
    """With front and store as two services, senders wait while the store is stopped, and get their OK afterwards."""
    hub = RunningHub(tmp_path)
    front, store = hub.spawn("--only", "front"), hub.spawn("--only", "store")
    try:
        hub.wait_ready()
        store.terminate()
        assert store.wait(10) == 0
        ledger = Ledger(hub.endpoint, 4, 0.0)
        ledger.start()
        store = hub.spawn("--only", "store")
        ledger.wait_for(4)
        assert ledger.finish() == 0
    finally:
        store.terminate()
        store.wait(10)
        front.terminate()
        assert front.wait(10) == 0
    assert_nothing_lost(hub, ledger)


def test_without_a_front_the_same_kill_loses_requests_under_way(tmp_path: Path) -> None:
    """Negative control: where front and store are one process that is killed, requests are lost with it."""
    hub = RunningHub(tmp_path)
    hub.start("--together")
    ledger = Ledger(hub.endpoint, 16, 0.0)
    ledger.start()
    ledger.wait_for(100)
    assert hub.process is not None
    hub.process.kill()
    hub.process.wait()
    hub.start("--together")
    until(ledger.refused, "a sender that is told so")
    assert ledger.finish() == 0
    hub.stop()


def test_even_a_killed_front_leaves_no_sender_hanging(tmp_path: Path) -> None:
    """SIGKILL to front and store under 32 stock senders: each is told that its request is lost, and goes on."""
    hub = RunningHub(tmp_path)
    hub.start()
    ledger = Ledger(hub.endpoint, 32, 0.0)
    ledger.start()
    ledger.wait_for(200)
    assert hub.process is not None
    store = hub.kill_store()
    hub.process.kill()
    hub.process.wait()
    until(lambda: not Path(f"/proc/{store}").exists(), "the end of the store process")
    hub.start()
    before = [len(sender.acknowledged) for sender in ledger.senders]
    until(
        lambda: all(len(s.acknowledged) > n for s, n in zip(ledger.senders, before, strict=True)),
        "every sender going on",
    )
    assert ledger.finish() == 0
    hub.stop()
    assert_nothing_lost(hub, ledger)
    assert ledger.refused()
