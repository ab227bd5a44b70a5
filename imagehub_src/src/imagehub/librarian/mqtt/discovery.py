"""What Home Assistant is told so that each camera becomes a device with entities, by itself.

One document for each camera, as described under "Device discovery payload" in the manual of Home Assistant's MQTT
integration (since 2024.11).
"""

from typing import Any

from imagehub import __version__
from imagehub.librarian.mqtt import topics
from imagehub.librarian.mqtt.messages import MOTION_SECONDS, unit
from imagehub.librarian.mqtt.news import Camera, Reading

_CLASSES = {"°C": "temperature", "°F": "temperature", "%": "humidity", "lx": "illuminance"}


def config_topic(discovery_prefix: str, prefix: str, camera: Camera) -> str:
    """Return the topic that a camera's document belongs to."""
    return f"{discovery_prefix}/device/{_identifier(prefix, camera)}/config"


def birth_topic(discovery_prefix: str) -> str:
    """Return the topic on which Home Assistant says `online` when it starts."""
    return f"{discovery_prefix}/status"


def document(prefix: str, camera: Camera, url: str | None = None) -> dict[str, Any]:
    """Return a camera's document; entities are made of what the camera has sent up to now."""
    name = f"{camera.node} {camera.view}".strip()
    device = {"identifiers": [_identifier(prefix, camera)], "name": name, "manufacturer": "imagehub"}
    more = {"model": camera.type or "camera"} | ({"configuration_url": url} if url else {})
    return {
        "device": device | more,
        "origin": {"name": "imagehub-librarian", "sw_version": __version__},
        "availability_topic": topics.status(prefix),
        "components": _components(prefix, camera),
    }


def _components(prefix: str, camera: Camera) -> dict[str, dict[str, Any]]:
    found = {kind: _reading(kind, reading) for kind, reading in camera.readings.items()}
    for kind, component in found.items():
        component["state_topic"] = topics.camera(prefix, camera.node, camera.view, kind)
    if camera.picture:
        found |= _of_pictures(prefix, camera)
    return {
        name: component | {"unique_id": f"{_identifier(prefix, camera)}__{name}"} for name, component in found.items()
    }


def _of_pictures(prefix: str, camera: Camera) -> dict[str, dict[str, Any]]:
    picture = topics.camera(prefix, camera.node, camera.view, topics.PICTURE)
    state = topics.camera(prefix, camera.node, camera.view, topics.STATE)
    return {
        "picture": {"platform": "image", "name": "Picture", "image_topic": picture, "content_type": "image/jpeg"},
        "last_image": {
            "platform": "sensor",
            "name": "Last image",
            "device_class": "timestamp",
            "state_topic": state,
            "value_template": "{{ value_json.last_image }}",
        },
    }


def _reading(kind: str, reading: Reading) -> dict[str, Any]:
    if kind == "motion":
        return {
            "platform": "binary_sensor",
            "name": "Motion",
            "device_class": "motion",
            "off_delay": MOTION_SECONDS,
        }
    component = {"platform": "sensor", "name": kind.capitalize()}
    measured = unit(kind, reading)
    if measured is None or reading.value is None:
        return component  # a word such as `dark`, or a number of nobody knows what
    classes = {"device_class": _CLASSES[measured], "state_class": "measurement"}
    return component | classes | {"unit_of_measurement": measured}


def _identifier(prefix: str, camera: Camera) -> str:
    return topics.identifier(prefix, camera.node, camera.view)
