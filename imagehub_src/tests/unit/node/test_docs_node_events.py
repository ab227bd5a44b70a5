"""docs/ref/node-events.md has the texts that a node sends, to the letter, and what a hub takes them for."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imagehub import node, wire
from imagehub.node.detectors.detector import Change, change_text
from imagehub.node.detectors.making import detector
from imagehub.node.health import System, heartbeat_text, restart_text
from imagehub.node.lamps import LampError, Lamps
from imagehub.node.sensors.driver import Reading, SensorError
from imagehub.node.sensors.loop import SensorLoop
from imagehub.node.settings.settings import (
    DetectorSettings,
    LightSettings,
    LightSwitch,
    Look,
    MotionSettings,
    SensorSettings,
)
from media import picture
from node_fakes import KeptPosts, StopAfter

PAGE = (Path(__file__).parents[4] / "docs" / "ref" / "node-events.md").read_text()
KINDS = {"event": wire.EventMessage, "heartbeat": wire.Heartbeat, "image": wire.ImageMessage, "none": wire.TestImage}
OTHERS = ("Command|", "Spool|", "camera|", "jpg", "image")
"""What parts of the node say whose own tests hold their texts."""


def rows(heading: str) -> list[list[str]]:
    """Return the cells of a section's table, without its head."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    table = section.partition("\n|")[2].partition("\n\n")[0]
    lines = [line for line in table.split("\n")[2:] if line]
    return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def texts() -> list[tuple[str, str]]:
    """Return each text of a table with what it is taken for."""
    found = rows("Of the node") + rows("Of a camera")
    return [(text, cells[1]) for cells in found for text in re.findall("`([^`]+)`", cells[0])]


def of_sensor(kind: str, unit: str, *answers: Any) -> list[str]:
    """Return what a sensor's answers lead to."""
    waiting = list(answers)

    class Sensor:
        def read(self) -> Reading:
            answer = waiting.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return Reading(*answer)

    outbox = KeptPosts()
    settings = SensorSettings("T1", "Temperature", kind, unit=unit)
    SensorLoop(settings, Sensor(), "Barn", outbox, lambda: datetime(2026, 3, 14, tzinfo=UTC)).run(
        StopAfter(len(answers))
    )
    return outbox.texts()


def of_lamps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what a lamp leads to whose pin can't be had."""

    def busy(*_: object) -> None:
        raise LampError("can't use GPIO 18: it is in use")

    monkeypatch.setattr("imagehub.node.lamps.pin", busy)
    told: list[str] = []
    Lamps([LightSwitch("L1", "floodlight")], told.append).open()
    return [f"Barn|{words}" for words in told]


def of_detectors() -> list[str]:
    """Return what detectors lead to."""
    named = MotionSettings(Look(roi_name="Door", log_roi_name=True))
    states: list[tuple[DetectorSettings, str]] = [(LightSettings(), "lighted"), (LightSettings(), "dark")]
    states += [(MotionSettings(), "moving"), (MotionSettings(), "still"), (named, "moving")]
    return [
        change_text("Barn Yard", detector(settings, (64, 48)), Change(state, "unknown")) for settings, state in states
    ]


def of_health(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what a machine says of itself."""
    facts = {"type": "RPi", "address": "192.168.86.41", "memory_mb": 3793, "hours": 1.26}
    for name, fact in facts.items():
        monkeypatch.setattr(System, name, lambda _, fact=fact: fact)
    return [restart_text("Barn", System(host="barn-pi")), heartbeat_text("Barn")]


def test_the_page_has_the_texts_that_the_code_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other, no fewer, and not a letter different."""
    made = [
        *of_health(monkeypatch),
        *of_sensor("DS18B20", "F", (24.1,), SensorError("no DS18B20 at the bus"), (24.1,)),
        *of_sensor("DHT22", "C", (24.1, 48.4)),
        *of_lamps(monkeypatch),
        *of_detectors(),
    ]
    documented = [text for text, _ in texts() if not text.partition("|")[2].startswith(OTHERS)]
    assert sorted(documented) == sorted(made)


@pytest.mark.parametrize(("text", "kind"), texts())
def test_a_hub_takes_a_text_for_what_the_page_says(text: str, kind: str) -> None:
    """An event is logged, an image stored, a heartbeat only answered."""
    assert type(wire.parse([b'{"msg": "%s"}' % text.encode(), picture()])) is KINDS[kind]


def test_every_type_of_event_in_the_code_is_on_the_page() -> None:
    """Wherever in the node it is made."""
    sources = "".join(path.read_text() for path in Path(node.__path__[0]).rglob("*.py"))
    words = set(re.findall(r'(?:tell|put|say|Post|event)\(\s*f?"(?:\{[^"{}]*\}\|)?([A-Za-z]+)\|', sources))
    assert "Lamp" in words
    assert words <= {text.split("|")[1] for text, _ in texts()}


@pytest.mark.parametrize("settings", [LightSettings(), MotionSettings()])
def test_the_page_has_the_test_images_that_the_code_makes(settings: LightSettings | MotionSettings) -> None:
    """In the order in which they are sent; a hub keeps none of them."""
    watching = detector(settings, (64, 48))
    watching.detect(np.zeros((48, 64, 3), np.uint8))
    made = [name for name, _ in watching.test_images()]
    documented = [cells[0].strip("`") for cells in rows("Test images") if watching.type in cells[1]]
    assert documented == made
    assert all(type(wire.parse([b'{"msg": "%s"}' % name.encode(), b""])) is KINDS["none"] for name in made)
