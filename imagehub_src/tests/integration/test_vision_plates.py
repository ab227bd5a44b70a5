"""Plates read by the real model, and written to each database."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from sqlalchemy import select

from databases import mariadb, postgresql
from happenings import NOON, SECOND, SOMEBODY, World, world
from imagehub.errors import ImagehubError
from imagehub.librarian.catalog import writing
from imagehub.librarian.schema import plate_sightings, plates, tracks
from imagehub.librarian.settings import parse
from imagehub.librarian.vision import plates as vision_plates
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.plates import known, sightings
from imagehub.librarian.vision.plates.reading import PpOcr
from imagehub.librarian.vision.seeing import ImageRow, Model, Reading
from pictures_of import fonts
from plate_pictures import MEASURING, drawn
from vision_models import installed_models
from vision_plates import PHOTOS, local_reader, measured, photo

MODEL = Model("pp-ocr", "1", "")


@pytest.fixture(scope="module")
def folder() -> Path:
    """Give the folder of installed models."""
    return installed_models()


@pytest.fixture(scope="module")
def reader(folder: Path) -> PpOcr:
    """Give a reader that expects any region."""
    return local_reader(folder)


@pytest.mark.parametrize("name", PHOTOS)
def test_a_real_photo_is_read(reader: PpOcr, name: str) -> None:
    """The plate of the car in front, and where it is."""
    text, vehicle = PHOTOS[name]
    [found] = reader.read(photo(name), [vehicle])
    assert (found.text, found.score > 0.9) == (text, True)
    assert found.box.overlap(Box(0.592, 0.57, 0.16, 0.07)) > 0.5


def test_most_drawn_plates_are_exact(reader: PpOcr) -> None:
    """The bench measures 500 of them; here are the first ones."""
    assert measured(reader, drawn(MEASURING, 60, fonts())).share >= 0.9


def test_a_picture_without_a_plate_has_none(reader: PpOcr) -> None:
    """Neither has a vehicle of a few pixels, or one at the edge."""
    grey = np.full((240, 320, 3), 90, np.uint8)
    whole = Box(0, 0, 1, 1)
    assert reader.read(grey, [whole, Box(0.5, 0.5, 0.001, 0.001), Box(0.99, 0.99, 0.5, 0.5)]) == []
    assert reader.read(photo("plate-car"), []) == []


def test_two_boxes_of_one_car_give_one_plate(reader: PpOcr) -> None:
    """Detectors call some cars a truck, too."""
    _, vehicle = PHOTOS["plate-car"]
    assert len(reader.read(photo("plate-car"), [vehicle, vehicle._replace(width=vehicle.width * 0.95)])) == 1


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_starts_without_the_network_and_without_a_word(
    folder: Path, runtime: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Models come from where they are installed, and from nowhere else."""
    pytest.importorskip(runtime)

    def forbidden(*_: object) -> NoReturn:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    lines = f"vision:\n  models_directory: {folder}\n  plate_regions: [cz]\n  runtime: {runtime}\n"
    made = vision_plates.reader(parse(lines, folder))
    text, vehicle = PHOTOS["plate-car"]
    [found] = made.read(photo("plate-car"), [vehicle])
    assert (found.text, found.region) == (text, "cz")
    assert made.model.name == "pp-ocr"
    assert len(made.model.digest) == 64
    assert capfd.readouterr() == ("", "")


def test_without_the_model_the_command_is_named(tmp_path: Path) -> None:
    """Nothing is fetched instead."""
    with pytest.raises(ImagehubError, match="imagehub-librarian models install"):
        vision_plates.reader(parse("vision:\n  enabled: true\n", tmp_path))


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Give a catalog in each kind of database."""
    if request.param == "sqlite":
        with world(tmp_path) as made:
            yield made
        return
    server = postgresql if request.param == "postgresql" else mariadb
    with server(tmp_path / "server") as url, world(tmp_path, url) as made:
        yield made


def look(there: World, image: ImageRow, text: str, score: float) -> None:
    """Record a reading."""
    with writing(there.engine) as connection:
        readings = [Reading(text, "cz", score, Box(0.1, 0.1, 0.2, 0.05))]
        sightings.record(connection, image, MODEL, readings, quiet=False)


def images_of(there: World, count: int) -> list[ImageRow]:
    """Add images of a camera, one a second."""
    camera = there.camera(alpr=True)
    times = [NOON + second * SECOND for second in range(count)]
    return [ImageRow(there.image(camera, time_us), camera, time_us, "", "2026-11-21") for time_us in times]


def test_sightings_in_each_database(there: World) -> None:
    """Votes, corrections, looks again and users' words do the same everywhere."""
    first, second, third = images_of(there, 3)
    for image, text in ((first, "5AU534I"), (second, "5AU5341"), (third, "5AU5341"), (third, "5AU5341")):
        look(there, image, text, 0.8)
    with writing(there.engine) as connection:
        sightings.lone(connection, first)
        [plate] = connection.execute(select(plates)).all()
        [track] = connection.execute(select(tracks)).all()
        assert (plate.text, track.plate_id, track.images) == ("5AU5341", plate.id, 3)
        assert {row.track_id for row in connection.execute(select(plate_sightings))} == {track.id}
        other = known.add(connection, SOMEBODY, text="ABC 123", watched=True)
        known.change(connection, SOMEBODY, plate.id, owner="Ann", identified=True)
        known.merge(connection, SOMEBODY, plate.id, other)
        known.remove(connection, SOMEBODY, other)
        assert connection.execute(select(plate_sightings)).all() == []


def test_several_workers_make_one_track(there: World) -> None:
    """Images of one car are looked at at the same time."""
    some = images_of(there, 12)
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda image: look(there, image, "5AU5341", 0.8), some))
    with there.engine.connect() as connection:
        assert [row.text for row in connection.execute(select(plates))] == ["5AU5341"]
        assert [row.images for row in connection.execute(select(tracks))] == [12]
