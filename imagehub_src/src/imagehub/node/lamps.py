"""Lamps that pins of a Raspberry Pi switch: on always, or at some hours of the day."""

import warnings
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from imagehub.errors import ImagehubError, MissingExtraError
from imagehub.node.events import in_one_line
from imagehub.node.settings.settings import LightSwitch
from imagehub.node.stop import Stop


class LampError(ImagehubError):
    """A lamp can't be switched; the text names it, and says how to mend it."""


def is_on(minutes: tuple[int, int] | None, now: datetime) -> bool:
    """Tell whether a lamp shines at a time of day, from the first minute on and up to the second.

    A second minute before the first is one of the next day; a second that is the first is a whole day.
    """
    if minutes is None:
        return True
    start, end = minutes
    minute = 60 * now.hour + now.minute
    if start < end:
        return start <= minute < end
    return minute >= start or minute < end


def pin(lamp: LightSwitch, factory: Any = None) -> Any:
    """Return gpiozero's LED at the lamp's pin, dark at first; `factory` is gpiozero's, by default this machine's own.

    Raises:
        LampError: this machine has no such pin, or it is in use.
        MissingExtraError: gpiozero is not installed.
    """
    try:
        import gpiozero
    except ImportError:
        raise MissingExtraError("switching lamps", "node") from None
    try:
        with warnings.catch_warnings():  # one for each way to pins that this machine has not
            warnings.simplefilter("ignore")
            return gpiozero.LED(lamp.gpio, pin_factory=factory)
    except ImportError:  # BadPinFactory is one
        raise LampError(
            f"no pins for the lamp at GPIO {lamp.gpio}: they need a Raspberry Pi, the package python3-lgpio, and a "
            "user in the group gpio"
        ) from None
    except Exception as error:  # noqa: BLE001 - gpiozero's, or those of the package that its pins come from
        raise LampError(f"can't use GPIO {lamp.gpio}: {error}") from None


class Lamps:
    """The lamps of a node. `tell` gets the words of an event for each that can't be switched, once."""

    def __init__(
        self,
        settings: Sequence[LightSwitch],
        tell: Callable[[str], None],
        now: Callable[[], datetime] = datetime.now,
        factory: Any = None,
    ) -> None:
        self._settings = settings
        self._tell = tell
        self._now = now
        self._factory = factory
        self._pins: dict[str, Any] = {}

    def run(self, stop: Stop) -> None:
        """Switch the lamps until it is time to stop; then they are dark."""
        self.open()
        try:
            self.switch()
            while not stop.wait(60 - self._now().second):
                self.switch()
        finally:
            self.close()

    def open(self) -> None:
        """Take the pins; a lamp whose pin can't be had is told, and left out."""
        for lamp in self._settings:
            try:
                self._pins[lamp.label] = pin(lamp, self._factory)
            except ImagehubError as error:
                self._tell(f"Lamp|{in_one_line(lamp.name or lamp.label)} failed: {in_one_line(str(error))}")

    def switch(self) -> None:
        """Make each lamp as it shall be now."""
        now = self._now()
        for lamp in self._settings:
            if lamp.label in self._pins:
                self._pins[lamp.label].value = is_on(lamp.minutes, now)

    def close(self) -> None:
        """Make the lamps dark, and give their pins free."""
        for each in self._pins.values():
            each.off()
            each.close()
        self._pins.clear()
