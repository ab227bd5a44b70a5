"""What a sensor tells the hub, and when."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from imagehub.librarian import readings
from imagehub.node.sensors.driver import Reading, SensorError
from imagehub.node.sensors.loop import SensorLoop
from imagehub.node.settings.settings import SensorSettings
from imagehub.testing import FakeClock
from imagehub.wire import EventMessage, parse
from node_fakes import KeptPosts, StopAfter

THERMOMETER = SensorSettings("T1", "Temperature", "DS18B20", unit="C")
BOTH = SensorSettings("T2", "Temperature & Humidity", "DHT22", unit="C")
LOST = SensorError("no DS18B20\nat the bus | look")


@dataclass
class FakeSensor:
    """Gives one answer after the other: a reading, or an error."""

    answers: list[Any]

    def read(self) -> Reading:
        """See `Driver.read`."""
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Reading(*answer) if isinstance(answer, tuple) else Reading(answer)


def told(settings: SensorSettings, *answers: Any) -> list[str]:
    """Return the texts that answers lead to."""
    outbox = KeptPosts()
    SensorLoop(settings, FakeSensor(list(answers)), "Barn", outbox).run(StopAfter(len(answers)))
    return outbox.texts()


def test_the_first_reading_is_told_always() -> None:
    """Whoever starts a node sees that its sensor works."""
    assert told(THERMOMETER, 0.0) == ["Barn|Temp|0 C"]
    assert told(BOTH, (0.0, 0.0)) == ["Barn|Temp|0.0 C", "Barn|humidity|0.0 %"]


def test_a_ds18b20_tells_whole_degrees() -> None:
    """The fraction is cut off, also below zero, as imagenode does."""
    assert told(THERMOMETER, 23.9) == ["Barn|Temp|23 C"]
    assert told(THERMOMETER, -3.7) == ["Barn|Temp|-3 C"]


def test_a_dht_tells_tenths() -> None:
    """Of both."""
    assert told(BOTH, (24.13, 48.44)) == ["Barn|Temp|24.1 C", "Barn|humidity|48.4 %"]


@pytest.mark.parametrize(("kind", "text"), [("DS18B20", "Barn|Temp|75 F"), ("DHT22", "Barn|Temp|75.4 F")])
def test_degrees_are_fahrenheit_where_asked_for(kind: str, text: str) -> None:
    """F is what imagenode's settings have by default."""
    assert told(SensorSettings("T1", "Temperature", kind), 24.12) == [text]


def test_a_change_is_told_from_min_difference_on() -> None:
    """Compared with what was told last, so that a slow change is told too."""
    settings = SensorSettings("T2", "", "DHT22", unit="C", min_difference=0.5)
    assert told(settings, 20.0, 20.4, 20.5, 20.1, 20.0) == ["Barn|Temp|20.0 C", "Barn|Temp|20.5 C", "Barn|Temp|20.0 C"]


def test_min_difference_counts_what_would_be_told() -> None:
    """20.9 and 21.0 are 20 and 21 whole degrees."""
    assert told(THERMOMETER, 20.9, 21.0, 21.9) == ["Barn|Temp|20 C", "Barn|Temp|21 C"]


def test_temperature_and_humidity_change_by_themselves() -> None:
    """Only the one that changed is told."""
    assert told(BOTH, (20.0, 50.0), (20.0, 52.0), (22.0, 52.5))[2:] == ["Barn|humidity|52.0 %", "Barn|Temp|22.0 C"]


def test_a_sensor_that_fails_is_told_once_and_so_is_its_return() -> None:
    """The reason is one line, and no further field of the text. The reading after it is told if it changed."""
    assert told(THERMOMETER, 20.0, LOST, LOST, 20.0, LOST, 22.0) == [
        "Barn|Temp|20 C",
        "Barn|Sensor|Temperature failed: no DS18B20 at the bus / look",
        "Barn|Sensor|Temperature is back",
        "Barn|Sensor|Temperature failed: no DS18B20 at the bus / look",
        "Barn|Sensor|Temperature is back",
        "Barn|Temp|22 C",
    ]


def test_no_error_of_a_driver_ends_the_loop() -> None:
    """Packages of others raise anything. A sensor without a name is called by its label."""
    nameless = SensorSettings("T1", "", "DS18B20", unit="C")
    assert told(nameless, ZeroDivisionError("division by zero"), ValueError(), 20.0) == [
        "Barn|Sensor|T1 failed: division by zero",
        "Barn|Sensor|T1 is back",
        "Barn|Temp|20 C",
    ]


def test_it_is_read_at_its_interval_until_the_end() -> None:
    """`read_interval_minutes` may be less than one."""
    stop = StopAfter(3)
    settings = SensorSettings("T1", "", "DS18B20", read_interval_minutes=0.5)
    SensorLoop(settings, FakeSensor([1, 2, 3]), "Barn", KeptPosts()).run(stop)
    assert stop.waited == [30, 30, 30]


def test_an_event_has_the_time_of_its_reading() -> None:
    """It may wait for a hub long after that."""
    clock, outbox = FakeClock(), KeptPosts()
    started = clock.now()
    SensorLoop(THERMOMETER, FakeSensor([20.0, 22.0]), "Barn", outbox, clock.now).run(StopAfter(2, clock.pass_))
    assert [post.taken for post in outbox.posts] == [started, started + timedelta(minutes=10)]


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("Barn|Temp|75 F", readings.Reading("temperature", 75)),
        ("Barn|Temp|-3 C", readings.Reading("temperature", -3)),
        ("Deck 2|Temp|75.4 F", readings.Reading("temperature", 75.4)),
        ("Deck|humidity|48.4 %", readings.Reading("humidity", 48.4)),
        ("Barn|Sensor|Temperature failed: no DS18B20", readings.Reading("other", None)),
    ],
)
def test_hub_and_librarian_understand_the_texts(text: str, reading: readings.Reading) -> None:
    """They are events, none of them a heartbeat, and the librarian finds kind and number."""
    message = parse([b'{"msg": "%s"}' % text.encode(), b"body"])
    assert isinstance(message, EventMessage)
    assert readings.read(message.type, message.text) == reading
