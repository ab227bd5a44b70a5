"""A service ends at a signal, however many come."""

import signal
import subprocess
import sys
import threading

CODE = """
import os, signal, sys, threading
from imagehub import stopping

class Interrupted(threading.Event):
    def set(self):
        with self._cond:
            os.kill(os.getpid(), signal.SIGTERM)  # the second signal comes while the first one is answered
        super().set()

stop = Interrupted()
if sys.argv[1] == "by the handler":
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
else:
    stopping.at_signals(stop)
os.kill(os.getpid(), signal.SIGTERM)
ended = threading.Event()
worker = threading.Thread(target=lambda: stop.wait() and ended.set())
worker.start()
worker.join()
print("ended")
"""


def ends(how: str) -> bool:
    """Tell whether a process ends that got a second signal while it answered the first."""
    process = subprocess.Popen([sys.executable, "-c", CODE, how], stdout=subprocess.PIPE, text=True)
    try:
        said, _ = process.communicate(timeout=3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return False
    return said == "ended\n"


def test_two_signals_in_a_row_end_a_service() -> None:
    """As Ctrl-C in a terminal and the parent's SIGTERM; an event that is set by the handler hangs for good."""
    assert ends("by a thread")
    assert not ends("by the handler")


def test_the_event_is_set_at_each_of_the_signals() -> None:
    """SIGINT does what SIGTERM does, and neither interrupts the main thread."""
    from imagehub import stopping

    before = {number: signal.getsignal(number) for number in stopping.SIGNALS}
    try:
        for number in stopping.SIGNALS:
            stop = threading.Event()
            stopping.at_signals(stop)
            signal.raise_signal(number)
            assert stop.wait(5)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
