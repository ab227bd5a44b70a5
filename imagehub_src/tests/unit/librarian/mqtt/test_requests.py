"""Requests are answered in the forms that existing flows read."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from hub_directories import HubDirectory
from imagehub.errors import ImagehubError
from imagehub.librarian.files import open_image
from imagehub.librarian.ingest import Ingest
from imagehub.librarian.mqtt import requests
from imagehub.librarian.mqtt.finder import Finder, NoFinder
from imagehub.librarian.mqtt.lookup import Lookup
from imagehub.librarian.mqtt.news import News
from imagehub.librarian.mqtt.requests import Requests
from imagehub.librarian.schema import images
from imagehub.librarian.vision.asking import Plate

PLATE = Plate("nkl0252", "us-tx", 0.9, (418, 400, 508, 450))


class Words:
    """Finds the words of a `picture`."""

    def __init__(self, hub: HubDirectory, engine: Engine) -> None:
        self._root, self._engine = hub.root, engine

    def objects(self, image_id: int) -> Mapping[str, int]:
        """Count the words."""
        words = self._words(image_id)
        return {word: words.count(word) for word in words}

    def plates(self, image_id: int) -> Sequence[Plate]:
        """Return one plate for each word `plate`."""
        return [PLATE] * self._words(image_id).count("plate")

    def _words(self, image_id: int) -> list[str]:
        with self._engine.connect() as connection:
            path = connection.execute(select(images.c.path).where(images.c.id == image_id)).scalar_one()
        with open_image(self._root, path) as file:
            return file.read().decode().split()


class Broken:
    """Finds nothing, as something is wrong."""

    def objects(self, image_id: int) -> Mapping[str, int]:
        """Raise ImagehubError."""
        raise ImagehubError("the model is missing")

    def plates(self, image_id: int) -> Sequence[Plate]:
        """Raise ImagehubError."""
        raise ImagehubError("the model is missing")


class Asked:
    """A hub with images, asked by MQTT."""

    def __init__(self, hub: HubDirectory, engine: Engine, finder: Finder) -> None:
        self.hub, self._ingest = hub, Ingest(engine, hub.root)
        lookup = Lookup(engine, hub.root, News(engine, hub.root))
        self._requests = Requests(lookup, finder, lambda: 1_795_000_000_000_000)

    def image(self, jpeg: bytes) -> str:
        """Add an image, and return its path as a flow on another machine sees it."""
        path = self.hub.image("Street", "P1", jpeg)
        self._ingest.follow()
        return f"/data/volumes/{path}"

    def answer(self, topic: str, payload: Any) -> tuple[str, Any]:
        """Return topic and document of the answer."""
        given = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        reply, said = self._requests.answer(topic, given)
        return reply, json.loads(said)


@pytest.fixture
def asked(hub: HubDirectory, engine: Engine) -> Asked:
    """Give a hub with somebody who finds words."""
    return Asked(hub, engine, Words(hub, engine))


@pytest.fixture
def blind(hub: HubDirectory, engine: Engine) -> Asked:
    """Give a hub with nobody who looks into pictures."""
    return Asked(hub, engine, NoFinder())


def test_objects_are_counted(asked: Asked) -> None:
    """The payload is a path; the answer has a number for each label beside `filename` and `isfile`."""
    path = asked.image(b"car person car")
    reply, said = asked.answer(requests.OBJECTS, path.encode())
    assert reply == "image/id_objects/count"
    assert said == {"filename": Path(path).name, "isfile": True, "car": 2, "person": 1}


@pytest.mark.parametrize("path", ["/etc/passwd", "", "nothing.jpg", "../../secret-2026-11-21T12.00.00.000000.jpg"])
def test_an_image_that_is_not_there_is_said_not_to_be(asked: Asked, path: str) -> None:
    """Files that are no images of the hub are not looked at."""
    assert asked.answer(requests.OBJECTS, path.encode())[1] == {"filename": Path(path).name, "isfile": False}


def test_a_link_that_leads_out_is_not_followed(asked: Asked, tmp_path: Path) -> None:
    """Even where an image's name leads to it."""
    path = asked.image(b"car")
    (tmp_path / "secret").write_bytes(b"secret")
    file = asked.hub.root / "images" / Path(path).parent.name / Path(path).name
    file.unlink()
    file.symlink_to(tmp_path / "secret")
    said = asked.answer(requests.OBJECTS, path.encode())[1]
    assert "secret" not in said
    assert Path(path).name in said["error"]


def test_nobody_who_looks_is_said(blind: Asked) -> None:
    """In the same form, so that no flow waits; a flow that counts numbers finds none."""
    path = blind.image(b"car")
    said = blind.answer(requests.OBJECTS, path.encode())[1]
    assert said == {"filename": Path(path).name, "isfile": True, "error": "this librarian does not detect objects"}
    reply, said = blind.answer(requests.LICENSE, {"filename": [path]})
    assert (reply, said["results"]) == ("image/alpr/results", [])
    assert said["error"] == "this librarian does not read licence plates"


def test_a_finder_that_fails_is_said(hub: HubDirectory, engine: Engine) -> None:
    """With its reason."""
    broken = Asked(hub, engine, Broken())
    path = broken.image(b"car")
    assert broken.answer(requests.OBJECTS, path.encode())[1]["error"] == "the model is missing"
    assert broken.answer(requests.LICENSE, {"filename": [path]})[1]["error"] == "the model is missing"


def test_plates_are_those_of_the_first_image_that_has_one(asked: Asked) -> None:
    """In the form of the recognition service that flows are made for."""
    paths = [asked.image(text) for text in (b"nothing", b"a plate", b"plate plate")]
    reply, said = asked.answer(requests.LICENSE, {"filename": paths})
    assert (reply, said["filename"], len(said["results"])) == ("image/alpr/results", Path(paths[1]).name, 1)
    [result] = said["results"]
    assert (result["plate"], result["region"]["code"], result["box"]["xmax"]) == ("nkl0252", "us-tx", 508)
    assert result["vehicle"]["type"]
    assert "error" not in said


def test_no_plate_is_an_empty_list(asked: Asked) -> None:
    """Which is no error."""
    said = asked.answer(requests.LICENSE, {"filename": [asked.image(b"nothing")]})[1]
    assert said["results"] == []
    assert "error" not in said


@pytest.mark.parametrize("payload", [b"", b"\xff", b"[1]", b"{}", b'{"filename": 1}', b"[" * 9000, b"{" * 9000])
@pytest.mark.parametrize("topic", [requests.OBJECTS, requests.LICENSE, requests.INFORMATION])
def test_nonsense_is_answered(asked: Asked, topic: str, payload: bytes) -> None:
    """Nothing that comes by the network ends the librarian."""
    said = asked.answer(topic, payload)[1]
    assert "error" in said or said.get("isfile") is False or "cameras" in said


@pytest.mark.parametrize("form", [str.encode, lambda path: {"filename": path}])
def test_information_is_that_of_the_catalog(asked: Asked, form: Any) -> None:
    """For an image: whose it is, when, and what was found in it."""
    path = asked.image(b"car")
    reply, said = asked.answer(requests.INFORMATION, form(path))
    assert reply == "image/information/results"
    assert (said["isfile"], said["node"], said["bytes"], said["objects"]) == (True, "Street", 3, {})
    assert asked.answer(requests.INFORMATION, b"no.jpg")[1] == {"filename": "no.jpg", "isfile": False}


def test_information_about_all_is_that_of_the_cameras(asked: Asked) -> None:
    """For an empty payload."""
    asked.image(b"car")
    [camera] = asked.answer(requests.INFORMATION, b"")[1]["cameras"]
    assert (camera["node"], camera["view"]) == ("Street", "P1")
