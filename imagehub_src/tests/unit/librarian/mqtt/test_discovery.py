"""Documents for Home Assistant have the form that its manual describes."""

import re
from typing import Any

import jsonschema
import pytest

from imagehub.librarian.mqtt import discovery
from imagehub.librarian.mqtt.messages import encode
from imagehub.librarian.mqtt.news import Camera, Picture, Reading

TEXT, TOPIC = {"type": "string", "minLength": 1}, {"type": "string", "pattern": "^[^+#\0]+$"}
ENTITY = {"name": TEXT, "unique_id": {"type": "string", "pattern": "^[a-zA-Z0-9_-]+$"}}


def entity(platform: str, required: list[str], **options: Any) -> dict[str, Any]:
    """Return the schema of an entity of a platform, which takes these options and no other."""
    properties = ENTITY | {"platform": {"const": platform}} | options
    return {"properties": properties, "required": ["unique_id", *required], "additionalProperties": False}


MEASURED = [
    {"properties": {"device_class": {"const": name}, "unit_of_measurement": {"enum": units}}}
    for name, units in {"temperature": ["°C", "°F"], "humidity": ["%"], "illuminance": ["lx"]}.items()
]
NOT_MEASURED = {
    "properties": {"device_class": {"const": "timestamp"}, "unit_of_measurement": False, "state_class": False}
}
SENSOR = entity(
    "sensor",
    ["state_topic"],
    state_topic=TOPIC,
    device_class=TEXT,
    unit_of_measurement=TEXT,
    state_class={"const": "measurement"},
    value_template={"const": "{{ value_json.last_image }}"},
)
PLATFORMS = {
    "image": entity("image", ["image_topic"], image_topic=TOPIC, content_type={"const": "image/jpeg"}),
    "sensor": SENSOR | {"anyOf": [*MEASURED, NOT_MEASURED]},
    "binary_sensor": entity(
        "binary_sensor",
        ["state_topic"],
        state_topic=TOPIC,
        device_class={"const": "motion"},
        off_delay={"type": "integer", "minimum": 1},
    ),
}
DEVICE = {
    "type": "object",
    "required": ["device", "origin", "components"],
    "additionalProperties": False,
    "properties": {
        "device": {
            "required": ["identifiers"],
            "additionalProperties": False,
            "properties": {
                "identifiers": {"type": "array", "items": TEXT, "minItems": 1},
                **dict.fromkeys(("name", "manufacturer", "model"), TEXT),
                "configuration_url": {"type": "string", "pattern": "^https?://"},
            },
        },
        "origin": {
            "required": ["name"],
            "additionalProperties": False,
            "properties": {"name": TEXT, "sw_version": TEXT},
        },
        "availability_topic": TOPIC,
        "components": {
            "type": "object",
            "additionalProperties": {
                "required": ["platform"],
                "properties": {"platform": {"enum": list(PLATFORMS)}},
                "allOf": [
                    {"if": {"properties": {"platform": {"const": name}}}, "then": schema}
                    for name, schema in PLATFORMS.items()
                ],
            },
        },
    },
}
READINGS = {
    "temperature": Reading(1, "Barn P1|Temp|74 F", 74.0),
    "humidity": Reading(1, "Barn P1|Humidity|55 %", 55.0),
    "light": Reading(1, "Barn P1|light|dark", None),
    "motion": Reading(1, "Barn P1|motion|moving", None),
}


def camera(node: str = "Barn", view: str = "P1", readings: Any = READINGS, picture: bool = True) -> Camera:
    """Return a camera that has sent these things."""
    return Camera(1, node, view, "", Picture(1, 1, "images/x") if picture else None, readings, 1, "2026-11-21", 1, 1)


@pytest.mark.parametrize("url", [None, "https://pictures.example.org"])
@pytest.mark.parametrize(
    "given", [camera(), camera("a/b #+", ""), camera(readings={}, picture=False), camera("Süd", "ä" * 100)]
)
def test_a_document_is_valid(given: Camera, url: str | None) -> None:
    """Whatever the camera is called and has sent."""
    jsonschema.validate(discovery.document("imagehub", given, url), DEVICE)


def test_a_camera_has_the_entities_of_what_it_sent() -> None:
    """Each with the class and the unit that Home Assistant knows it by."""
    components = discovery.document("imagehub", camera())["components"]
    assert set(components) == {"picture", "last_image", *READINGS}
    assert components["temperature"]["unit_of_measurement"] == "°F"
    assert components["temperature"]["state_topic"] == "imagehub/Barn/P1/temperature"
    assert "device_class" not in components["light"]
    assert components["motion"]["off_delay"] == 60
    assert set(discovery.document("imagehub", camera(readings={}, picture=False))["components"]) == set()


def test_a_number_without_a_unit_has_no_class() -> None:
    """Home Assistant complains of a temperature without one."""
    given = camera(readings={"temperature": Reading(1, "Barn P1|Temp|74", 74.0)})
    assert "device_class" not in discovery.document("imagehub", given)["components"]["temperature"]


def test_identifiers_are_stable_and_of_one_camera() -> None:
    """They come of the names and the prefix alone."""
    ids = {one["unique_id"] for one in discovery.document("imagehub", camera())["components"].values()}
    others = {one["unique_id"] for one in discovery.document("imagehub", camera("Barn_", "P1"))["components"].values()}
    assert len(ids) == 6
    assert "imagehub__Barn__P1__picture" in ids
    assert not ids & others


def test_the_topic_is_one_that_home_assistant_looks_at() -> None:
    """Its own pattern: prefix, `device`, an object id and `config`."""
    topic = discovery.config_topic("homeassistant", "imagehub", camera("a/b c", ""))
    assert re.fullmatch(r"homeassistant/device/[a-zA-Z0-9_-]+/config", topic)
    assert len(encode(discovery.document("imagehub", camera()))) < 4096
