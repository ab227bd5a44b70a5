"""Requests that come by MQTT, on the topics and in the forms that Node-RED flows of imagehub-librarian use.

Paths in requests come from other machines and mean files there: only the name and its day count, and only images in
the catalog are looked at.
"""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from imagehub.errors import ImagehubError
from imagehub.librarian.mqtt import messages
from imagehub.librarian.mqtt.finder import Finder
from imagehub.librarian.mqtt.lookup import Found, Lookup
from imagehub.librarian.vision.asking import Plate

OBJECTS, COUNT = "image/id_objects/get_objects", "image/id_objects/count"
LICENSE, RESULTS = "image/alpr/get_license", "image/alpr/results"
INFORMATION, ANSWER = "image/information", "image/information/results"
MAX_IMAGES = 10
MAX_BYTES = 10_000  # of a request: the rest is cut off

Answer = tuple[str, Callable[[str], dict[str, Any]]]


class Requests:
    """Answers requests. `clock` gives microseconds since 1970 in UTC."""

    def __init__(self, lookup: Lookup, finder: Finder, clock: Callable[[], int]) -> None:
        self._lookup, self._finder, self._clock = lookup, finder, clock
        self._answers: dict[str, Answer] = {
            OBJECTS: (COUNT, self._objects),
            LICENSE: (RESULTS, self._plates),
            INFORMATION: (ANSWER, self._information),
        }

    def topics(self) -> list[str]:
        """Return the topics that requests come on."""
        return list(self._answers)

    def answer(self, topic: str, payload: bytes) -> tuple[str, bytes]:
        """Return the answer to a request, with its topic; what is wrong with the request is in its `error`."""
        reply, ask = self._answers[topic]
        try:
            said = ask(payload.decode())
        except (ValueError, RecursionError) as error:
            said = {"error": f"the request is not understood: {error}"}
        return reply, messages.encode(said)

    def _objects(self, text: str) -> dict[str, Any]:
        name, found = self._find(text)
        if found is None:
            return {"filename": name, "isfile": False}
        said: dict[str, Any] = {"filename": name, "isfile": True}
        try:
            return {**self._finder.objects(found.id), **said}
        except ImagehubError as error:
            return said | {"error": str(error)}

    def _plates(self, text: str) -> dict[str, Any]:
        began = time.perf_counter()
        name, plates, error = self._first_plates(_listed(text))
        now = datetime.fromtimestamp(self._clock() / messages.SECOND, UTC)
        said = {
            "processing_time": round((time.perf_counter() - began) * 1000, 3),
            "results": [_result(plate) for plate in plates],
            "filename": name,
            "version": 1,
            "camera_id": None,
            "timestamp": now.isoformat().replace("+00:00", "Z"),
        }
        return said | ({"error": error} if error else {})

    def _first_plates(self, paths: list[str]) -> tuple[str, list[Plate], str]:
        """Return the first image that has plates, or the last that was looked at, with what went wrong."""
        name, error = "", 'the request names no images: {"filename": ["PATH", "PATH"]}'
        for path in paths:
            name, found = self._find(path)
            try:
                plates = list(self._finder.plates(found.id)) if found else []
                error = "" if found else f"{name}: no such image"
            except ImagehubError as failure:
                plates, error = [], str(failure)
            if plates:
                return name, plates, ""
        return name, [], error

    def _information(self, text: str) -> dict[str, Any]:
        if not text.strip() or text.strip() == "{}":
            now = self._clock()
            return {"cameras": [messages.state(camera, now) for camera in self._lookup.cameras()]}
        name, found = self._find(_filename(text))
        return {"filename": name, "isfile": found is not None} | (self._lookup.describe(found) if found else {})

    def _find(self, path: str) -> tuple[str, Found | None]:
        name = re.split(r"[/\\]", path.strip())[-1]
        return name, self._lookup.image(name)


def _listed(text: str) -> list[str]:
    """Return the paths in a request of the form `{"filename": ["PATH", "PATH"]}`; none, if it is of another."""
    try:
        wanted = json.loads(text)
    except (ValueError, RecursionError):
        return []
    listed = wanted.get("filename") if isinstance(wanted, dict) else None
    return [str(path) for path in listed[:MAX_IMAGES]] if isinstance(listed, list) else []


def _filename(text: str) -> str:
    """Return the path in a request: the whole of it, or `filename` in a JSON object."""
    if not text.lstrip().startswith("{"):
        return text
    return str(json.loads(text).get("filename", ""))


def _result(plate: Plate) -> dict[str, Any]:
    box = dict(zip(("xmin", "ymin", "xmax", "ymax"), plate.box, strict=True))
    region, candidates = {"code": plate.region, "score": plate.score}, [{"score": plate.score, "plate": plate.text}]
    # Flows read vehicle.type without asking whether there is one.
    vehicle = {"score": 0.0, "type": "unknown", "box": box}
    said = {"box": box, "plate": plate.text, "region": region, "score": plate.score, "dscore": plate.score}
    return said | {"candidates": candidates, "vehicle": vehicle}
