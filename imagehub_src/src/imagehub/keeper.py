"""`imagehub run`: a front and, as its child, the store process, started again whenever it ends."""

import os
import signal
import socket
import sys
import time

import zmq

from imagehub import link
from imagehub.front import Front
from imagehub.wakeup import Wakeup

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
SOUND_AFTER_SECONDS = 10.0


class Keeper:
    """Starts the store process, gives it a link to the front, and replaces it when it ends."""

    def __init__(self, front: Front, command: list[str]) -> None:
        self._front = front
        self._command = command
        self._process = 0
        self._started = 0.0
        self._pause = FIRST_PAUSE_SECONDS
        self._due: float | None = None
        self._stopping = False
        self._child_changed = False

    def run(self) -> int:
        """Keep a store process running until SIGTERM or SIGINT; return the exit code."""
        wakeup = Wakeup()
        wakeup.on_signals((signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD))
        self._front.open()
        self._front.watch(wakeup.fileno(), lambda: self._signalled(wakeup.drain()))
        self._start()
        code: int | None = None
        while code is None:
            self._front.turn(None if self._due is None else max(0.0, self._due - time.monotonic()))
            code = self._look_after()
        self._front.close()
        return code

    def _signalled(self, numbers: set[int]) -> None:
        if numbers & {signal.SIGTERM, signal.SIGINT}:
            self._stopping = True
            self._pass_on(signal.SIGTERM)
        self._child_changed |= signal.SIGCHLD in numbers
        if signal.SIGHUP in numbers:
            self._pass_on(signal.SIGHUP)

    def _pass_on(self, number: int) -> None:
        if self._process:
            os.kill(self._process, number)

    def _look_after(self) -> int | None:
        """Replace a store process that ended; return an exit code when it is time to end."""
        if self._process:
            if not self._child_changed:
                return None
            self._child_changed = False
            ended, status = os.waitpid(self._process, os.WNOHANG)
            if ended:
                return self._ended(os.waitstatus_to_exitcode(status))
        elif self._stopping:
            return 0
        elif self._due is not None and time.monotonic() >= self._due:
            self._start()
        return None

    def _ended(self, code: int) -> int | None:
        self._process = 0
        lived = time.monotonic() - self._started
        if self._stopping:
            return max(0, code)
        if code > 0 and not self._front.endpoint:
            return code  # it never could serve: whoever started it should see why
        if code == 0 or lived > SOUND_AFTER_SECONDS:
            self._pause = FIRST_PAUSE_SECONDS
        self._due = time.monotonic() + self._pause
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        print(
            f"<4>the store process {how}; senders wait, the next one starts in {self._pause:.1f} s",
            file=sys.stderr,
        )
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        return None

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        theirs.set_inheritable(True)
        arguments = [*self._command, "--link-fd", str(theirs.fileno())]
        self._process = os.posix_spawn(self._command[0], arguments, os.environ)
        self._started, self._due = time.monotonic(), None
        theirs.close()
        self._front.attach(ours)


def main(command: list[str]) -> int:
    """Run the front with `command` as its store process."""
    with zmq.Context() as context:
        return Keeper(Front(context, link.region_file()), command).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
