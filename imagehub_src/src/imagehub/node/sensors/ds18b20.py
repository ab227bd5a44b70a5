"""The thermometer DS18B20, as Linux's driver w1_therm shows it.

It shows a folder for each one, `28-` and its number. The file `w1_slave` in it has two lines: what the sensor sent,
which ends in YES where its checksum is right, and again, which ends in `t=` and thousandths of a degree Celsius
(Documentation/w1/slaves/w1_therm.rst of Linux).
"""

import re
from pathlib import Path

from imagehub.node.sensors.driver import Reading, SensorError

DEVICES = Path("/sys/bus/w1/devices")
TRIES = 3
_POWERED_UP = 85_000
"""What it shows from the moment when it gets power until it has measured."""
_FORM = re.compile(r"crc=\w+ (YES|NO)\n.*t=(-?\d+)")


class DS18B20:
    """The thermometer at the 1-wire bus; the one with the smallest number, where there are several."""

    def __init__(self, devices: Path = DEVICES) -> None:
        self._devices = devices

    def read(self) -> Reading:
        """See `Driver.read`. A wrong checksum, as long wires give now and then, is tried again."""
        fault = ""
        for _ in range(TRIES):
            try:
                return Reading(self._thousandths() / 1000)
            except SensorError as error:
                fault = str(error)
        raise SensorError(fault)

    def _thousandths(self) -> int:
        path = self._folder() / "w1_slave"
        try:
            text = path.read_text(encoding="ascii", errors="replace")
        except OSError as error:
            raise SensorError(f"{path}: {error.strerror}") from None
        match = _FORM.search(text)
        if match is None or match[1] == "NO":
            raise SensorError(f"{path}: the checksum is wrong; look at the sensor's wires and its pull-up resistor")
        if int(match[2]) == _POWERED_UP:
            raise SensorError(f"{path}: the sensor lost its power while it measured; look at its supply wire")
        return int(match[2])

    def _folder(self) -> Path:
        found = sorted(self._devices.glob("28-*"))
        if not found:
            raise SensorError(
                f"no DS18B20 in {self._devices}; connect it to GPIO 4, and put dtoverlay=w1-gpio into "
                "/boot/firmware/config.txt"
            )
        return found[0]
