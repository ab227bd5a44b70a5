"""The thermometer at the 1-wire bus."""

from pathlib import Path

import pytest

from imagehub.node.sensors.driver import Reading, SensorError
from imagehub.node.sensors.ds18b20 import DS18B20

GOOD = "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t=23125\n"
WRONG = "72 01 4b 46 7f ff 0e 10 57 : crc=58 NO\n72 01 4b 46 7f ff 0e 10 57 t=23125\n"


def connected(devices: Path, text: str, number: str = "28-0000061573ab") -> Path:
    """Make the folder that Linux shows for a thermometer."""
    folder = devices / number
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "w1_slave").write_text(text)
    return devices


def test_thousandths_are_degrees(tmp_path: Path) -> None:
    """Above zero and below."""
    assert DS18B20(connected(tmp_path, GOOD)).read() == Reading(23.125, None)
    assert DS18B20(connected(tmp_path, GOOD.replace("23125", "-1250"))).read() == Reading(-1.25, None)


def test_other_devices_at_the_bus_are_left_alone(tmp_path: Path) -> None:
    """Of several thermometers the one with the smallest number is read."""
    (tmp_path / "w1_bus_master1").mkdir()
    connected(tmp_path, GOOD.replace("23125", "9000"), "28-00000fffffff")
    connected(tmp_path, GOOD, "28-000000000001")
    connected(tmp_path, GOOD.replace("23125", "7000"), "10-000000000000")
    assert DS18B20(tmp_path).read().temperature_c == 23.125


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (WRONG, "checksum is wrong"),
        ("", "checksum is wrong"),
        ("\0\0\0 nonsense", "checksum is wrong"),
        (GOOD.replace("23125", "85000"), "lost its power"),
    ],
)
def test_a_reading_that_can_not_be_trusted_is_none(tmp_path: Path, text: str, why: str) -> None:
    """The text names the file, and what to look at."""
    with pytest.raises(SensorError, match=rf"28-0000061573ab/w1_slave: .*{why}"):
        DS18B20(connected(tmp_path, text)).read()


def test_a_wrong_checksum_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two bad readings before a good one are nothing to tell of."""
    connected(tmp_path, GOOD)
    texts = iter([WRONG, WRONG, GOOD])
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: next(texts))
    assert DS18B20(tmp_path).read().temperature_c == 23.125


def test_no_thermometer_says_how_to_connect_one(tmp_path: Path) -> None:
    """Also where the kernel's driver is not loaded."""
    for devices in (tmp_path, tmp_path / "absent"):
        with pytest.raises(SensorError, match=r"no DS18B20 in .*GPIO 4.*dtoverlay=w1-gpio"):
            DS18B20(devices).read()


def test_a_thermometer_that_was_pulled_out_is_an_error_like_others(tmp_path: Path) -> None:
    """Its folder may be there a little longer than itself."""
    (tmp_path / "28-1").mkdir()
    with pytest.raises(SensorError, match="28-1/w1_slave: No such file"):
        DS18B20(tmp_path).read()
