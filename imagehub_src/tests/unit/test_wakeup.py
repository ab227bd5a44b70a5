"""A loop that waits is woken by signals and by other threads, and learns which it was."""

import os
import select
import signal
import threading
from collections.abc import Iterator

import pytest

from imagehub.wakeup import Wakeup


@pytest.fixture
def wakeup() -> Iterator[Wakeup]:
    """A wakeup; the signals are Python's own again afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGUSR1, signal.SIGUSR2)}
    made = Wakeup()
    yield made
    signal.set_wakeup_fd(-1)
    made._reader.close()
    made._writer.close()
    for number, handler in before.items():
        signal.signal(number, handler)


def is_awake(wakeup: Wakeup, seconds: float = 0) -> bool:
    """Tell whether a poller would return."""
    return bool(select.select([wakeup], [], [], seconds)[0])


def test_it_sleeps_until_it_is_woken(wakeup: Wakeup) -> None:
    """Nothing to read before, nothing after it was read."""
    assert not is_awake(wakeup)
    wakeup.wake()
    assert is_awake(wakeup)
    assert wakeup.drain() == set()
    assert not is_awake(wakeup)


def test_another_thread_wakes_it(wakeup: Wakeup) -> None:
    """From wherever it is called."""
    threading.Thread(target=wakeup.wake).start()
    assert is_awake(wakeup, 10)


def test_signals_wake_it_and_are_told_apart(wakeup: Wakeup) -> None:
    """Each that came is named, once, however often it came."""
    wakeup.on_signals((signal.SIGUSR1, signal.SIGUSR2))
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGUSR1):
        os.kill(os.getpid(), number)
    assert is_awake(wakeup, 10)
    assert wakeup.drain() == {signal.SIGUSR1, signal.SIGUSR2}


def test_to_be_woken_a_million_times_does_not_block(wakeup: Wakeup) -> None:
    """A full buffer is awake enough."""
    for _ in range(1_000_000 // 4096):
        for _ in range(4096):
            wakeup.wake()
    assert is_awake(wakeup)
    while is_awake(wakeup):
        wakeup.drain()
