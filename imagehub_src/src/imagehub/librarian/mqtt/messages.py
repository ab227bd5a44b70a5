"""What is said of a camera: its state, its readings and its events, as payloads."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from imagehub.librarian.mqtt.news import Camera, Happening, Reading

SECOND = 1_000_000
MOTION_SECONDS = 60
SILENT_SECONDS = 3600
_STILL = {"still", "stopped", "none", "off", "no motion", "no"}
_TEMPERATURE_UNIT = re.compile(r"\d\s*°?\s*([CF])\b", re.IGNORECASE)


def encode(document: Any) -> bytes:
    """Return a document as JSON."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def time(time_us: int | None) -> str | None:
    """Return a time as ISO 8601 in UTC."""
    return datetime.fromtimestamp(time_us / SECOND, UTC).isoformat(timespec="milliseconds") if time_us else None


def state(camera: Camera, now_us: int) -> dict[str, Any]:
    """Return what is said of a camera as a whole; `today` is this machine's local day, as the hub's."""
    today = datetime.fromtimestamp(now_us / SECOND).astimezone().date().isoformat() == camera.day
    silent = camera.seen_us is None or now_us - camera.seen_us > SILENT_SECONDS * SECOND
    return {
        "node": camera.node,
        "view": camera.view,
        "status": "silent" if silent else "online",
        "last_seen": time(camera.seen_us),
        "last_image": time(camera.picture.time_us) if camera.picture else None,
        "last_image_id": camera.picture.id if camera.picture else None,
        "last_image_path": camera.picture.path if camera.picture else None,
        "images_today": camera.images if today else 0,
        "events_today": camera.events if today else 0,
    }


def event(happening: Happening) -> dict[str, Any]:
    """Return what is said of an event."""
    said = {"id": happening.id, "time": time(happening.time_us), "node": happening.node, "view": happening.view}
    what = {"kind": happening.kind, "type": happening.type, "value": _number(happening.value), "text": happening.text}
    return said | what


def reading(kind: str, found: Reading | None, now_us: int) -> bytes:
    """Return the payload of a reading: a number or a word, for motion `ON` or `OFF`; empty for none."""
    if found is None:
        return b""
    if kind == "motion":
        return b"ON" if _moves(found, now_us) else b"OFF"
    return encode(_number(found.value)) if found.value is not None else _rest(found.text).encode()


def unit(kind: str, found: Reading) -> str | None:
    """Return the unit that a reading's text tells."""
    if kind == "humidity":
        return "%"
    if kind == "light":
        return "lx" if re.search(r"\d\s*(lx|lux)\b", found.text, re.IGNORECASE) else None
    match = _TEMPERATURE_UNIT.search(_rest(found.text)) if kind == "temperature" else None
    return f"°{match[1].upper()}" if match else None


def _moves(found: Reading, now_us: int) -> bool:
    fresh = now_us - found.time_us < MOTION_SECONDS * SECOND
    return fresh and _rest(found.text).lower() not in _STILL


def _rest(text: str) -> str:
    """Return what stands behind `node view|type|` in a message."""
    return text.split("|", 2)[-1].strip(" |")


def _number(value: float | None) -> float | int | None:
    return int(value) if value is not None and value.is_integer() else value
