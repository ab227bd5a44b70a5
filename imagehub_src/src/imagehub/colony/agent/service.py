"""The agent as a process: systemd is told how it is, and SIGTERM lets it finish its recording first."""

import logging
import os
import signal
import time
from collections.abc import Mapping

import zmq

from imagehub import logs
from imagehub.colony.agent.agent import Agent, Place
from imagehub.colony.agent.stage import Terms
from imagehub.colony.recording.plan import Plan
from imagehub.notify import Notifier
from imagehub.wakeup import Wakeup

log = logging.getLogger(__name__)

TELL_SECONDS = 1.0
HUNG_SECONDS = 10.0
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run(place: Place, terms: Terms, log_level: str, plan: Plan | None = None) -> int:
    """Run an agent until SIGTERM or SIGINT; return the exit code.

    With `plan` it records at once, and ends with that recording.

    Raises:
        ImagehubError: port, keys, camera or disk are such that it can't.
    """
    logs.start(log_level)
    wakeup = Wakeup()
    wakeup.on_signals(STOP_SIGNALS)
    agent = Agent(place, terms)
    agent.start()
    notifier = Notifier()
    try:
        if plan is not None:
            agent.record(plan)
        _wait(agent, wakeup, notifier, ends_with_recording=plan is not None)
    finally:
        notifier.tell("STOPPING=1", "STATUS=finishing")
        agent.close()
    return 0


def _wait(agent: Agent, wakeup: Wakeup, notifier: Notifier, ends_with_recording: bool) -> None:
    notifier.tell("READY=1")
    poller = zmq.Poller()
    poller.register(wakeup, zmq.POLLIN)
    pause = watchdog_pause(os.environ)
    while True:
        alive = time.monotonic() - agent.turned < HUNG_SECONDS
        notifier.tell(f"STATUS={agent.state}", *(["WATCHDOG=1"] if alive else []))
        if dict(poller.poll(round(1000 * pause))) and wakeup.drain():
            return
        if ends_with_recording and agent.is_done:
            return


def watchdog_pause(environment: Mapping[str, str]) -> float:
    """Return the seconds between two signs of life: a second, or less where systemd waits for less (sd_notify(3))."""
    try:
        return min(TELL_SECONDS, int(environment["WATCHDOG_USEC"]) / 1e6 / 3)
    except (KeyError, ValueError):
        return TELL_SECONDS
