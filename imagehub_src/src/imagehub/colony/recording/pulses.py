"""Pulses on the pins of a Raspberry Pi: one out for each recorded frame, and the instants of those that come in.

Pins are numbers of the header (BOARD). gpiozero drives them, with whichever library it finds (`lgpio` on Raspberry Pi
OS). No pulse delays a recording: a thread of its own gives them.
"""

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from imagehub.colony.recording.errors import RecordingError
from imagehub.errors import MissingExtraError

NO_PIN = -1
MAX_LATE_SECONDS = 1.0
BOARD_MODEL = Path("/proc/device-tree/model")
PinsPolicy = Literal["required", "if there"]

_log = logging.getLogger(__name__)


def sensor_clock_ns() -> int:
    """Return the time by the clock that sensors stamp their frames with."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class PulseOut:
    """Gives a pulse for each frame, in their order, on a thread of its own, and remembers when it began."""

    def __init__(self, device: Any, seconds: float, sensor_clock: Callable[[], int] = sensor_clock_ns) -> None:
        """`device` has `on`, `off` and `close`, as gpiozero's DigitalOutputDevice."""
        self._device = device
        self._seconds = seconds
        self._clock = sensor_clock
        self._asked: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._given: deque[int] = deque()
        self._thread = threading.Thread(target=self._run, name="pulses", daemon=True)
        self.count = 0
        self.fault: str | None = None

    def start(self) -> None:
        """Begin to give pulses."""
        self._thread.start()

    def ask(self) -> None:
        """Ask for one more pulse; returns at once."""
        self._asked.put(True)

    def given(self) -> int | None:
        """Return when the next pulse began, by the sensor's clock in ns; None while it has not been given."""
        try:
            return self._given.popleft()
        except IndexError:
            return None

    def close(self) -> None:
        """Give the pulses that were asked for, and the pin free."""
        self._asked.put(False)
        if self._thread.ident is not None:
            self._thread.join()
        self._device.close()

    def _run(self) -> None:
        try:
            while self._asked.get():
                self._give()
        except Exception as error:  # noqa: BLE001 - a pin that fails must not end the recording
            self.fault = f"{type(error).__name__}: {error}"
            _log.error("No more pulses: the pin failed with %s", self.fault)

    def _give(self) -> None:
        began = self._clock()
        self._device.on()
        time.sleep(self._seconds)
        self._device.off()
        self.count += 1
        self._given.append(began)


class PulseIn:
    """Tells `arrived(sensor_ns, wall_ns)` each rising edge of a pin, on the thread that gpiozero has for it."""

    def __init__(self, device: Any, arrived: Callable[[int, int], None]) -> None:
        """`device` is a gpiozero DigitalInputDevice; its edges are seen from now on."""
        self._device = device
        self._arrived = arrived
        self.count = 0
        # The device's own `when_activated` is not told when the kernel saw the edge; the pin's is.
        device.pin.edges = "rising"
        device.pin.when_changed = self._changed

    def close(self) -> None:
        """See no more edges, and give the pin free."""
        self._device.close()

    def _changed(self, ticks: float, _state: int) -> None:
        sensor_ns, wall_ns = sensor_clock_ns(), time.time_ns()
        late_ns = self._late_ns(ticks)
        self.count += 1
        self._arrived(sensor_ns - late_ns, wall_ns - late_ns)

    def _late_ns(self, ticks: float) -> int:
        """Return how long ago the kernel saw the edge; 0 where its clock is another than gpiozero's."""
        factory = self._device.pin_factory
        late = factory.ticks_diff(factory.ticks(), ticks)
        return int(late * 1e9) if 0 <= late < MAX_LATE_SECONDS else 0


class Pins:
    """The pins of this machine.

    With the policy `if there` a machine that is no Raspberry Pi records without pulses; `required` makes it an error
    there as well. A Raspberry Pi whose pins can't be used is always one.
    """

    def __init__(self, policy: PinsPolicy = "if there", factory: Any = None, board_model: Path = BOARD_MODEL) -> None:
        """`factory` is gpiozero's pin factory, by default the one that it finds."""
        self._policy = policy
        self._factory = factory
        self._required = policy == "required" or factory is not None or _is_raspberry_pi(board_model)

    def out(self, number: int, seconds: float) -> PulseOut | None:
        """Return the pulses on a pin, low from now on; None without a pin.

        Raises:
            RecordingError: the pin can't be had.
        """
        device = self._device("DigitalOutputDevice", number, initial_value=False)
        return None if device is None else PulseOut(device, seconds)

    def into(self, number: int, arrived: Callable[[int, int], None]) -> PulseIn | None:
        """Tell `arrived` the pulses that come in on a pin; None without a pin.

        Raises:
            RecordingError: the pin can't be had.
        """
        device = self._device("DigitalInputDevice", number, pull_up=False)
        return None if device is None else PulseIn(device, arrived)

    def _device(self, kind: str, number: int, **how: bool) -> Any:
        factory = self._ready(number)
        if factory is None:
            return None
        import gpiozero

        try:
            return getattr(gpiozero, kind)(f"BOARD{number}", pin_factory=factory, **how)
        except (gpiozero.GPIOZeroError, OSError) as error:
            raise _unusable(number, error) from None

    def _ready(self, number: int) -> Any:
        """Return the pin factory; None where no pin is asked for, or where there are none and needn't be."""
        if number == NO_PIN:
            return None
        if self._factory is None and self._required:
            self._factory = _default_factory(number)
        return self._factory


def _is_raspberry_pi(board_model: Path) -> bool:
    try:
        return "Raspberry Pi" in board_model.read_text(errors="replace")
    except OSError:
        return False


def _default_factory(number: int) -> Any:
    try:
        from gpiozero import Device
        from gpiozero.exc import GPIOZeroError
    except ImportError:
        raise MissingExtraError("pulses on pins", "colony") from None
    try:
        Device.ensure_pin_factory()
    except (GPIOZeroError, ImportError, OSError) as error:
        raise _unusable(number, error) from None
    return Device.pin_factory


def _unusable(number: int, error: Exception) -> RecordingError:
    return RecordingError(
        f"pin {number} of the header can't be used ({error}): install python3-lgpio, put the agent's user into the "
        "group gpio, see that nothing else uses the pin, or set ttl_in_pin and ttl_out_pin to -1 for no pulses"
    )
