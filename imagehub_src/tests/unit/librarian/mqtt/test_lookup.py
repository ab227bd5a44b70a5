"""Requests find images that are in the catalog, by their names, with what is known about them."""

from sqlalchemy import Engine, insert, update

from hub_directories import HubDirectory
from imagehub.librarian.catalog import writing
from imagehub.librarian.ingest import Ingest
from imagehub.librarian.mqtt.lookup import Lookup
from imagehub.librarian.mqtt.news import News
from imagehub.librarian.schema import detections, images, objects, plate_sightings, plates


def lookup(hub: HubDirectory, engine: Engine) -> Lookup:
    """Return a lookup in a catalog that is up to date."""
    Ingest(engine, hub.root).follow()
    return Lookup(engine, hub.root, News(engine, hub.root))


def test_finds_an_image_by_its_name(hub: HubDirectory, engine: Engine) -> None:
    """And tells its camera."""
    hub.image("Barn", "P1")
    path = hub.image("Shed", "P2")
    found = lookup(hub, engine).image(path.rpartition("/")[2])
    assert found
    assert (found.path, found.node, found.view) == (path, "Shed", "P2")


def test_finds_nothing_else(hub: HubDirectory, engine: Engine) -> None:
    """No other name, and no image that is going."""
    name = hub.image("Barn", "P1").rpartition("/")[2]
    looking = lookup(hub, engine)
    assert [looking.image(given) for given in ("", "passwd", f"x{name}", f"a\0-{name}", "%")] == [None] * 5
    with writing(engine) as connection:
        connection.execute(update(images).values(state="going"))
    assert looking.image(name) is None


def test_tells_what_was_found_in_it(hub: HubDirectory, engine: Engine) -> None:
    """Objects with their numbers, and plates."""
    looking = lookup(hub, engine)
    name = hub.image("Barn", "P1").rpartition("/")[2]
    Ingest(engine, hub.root).follow()
    found = looking.image(name)
    assert found
    box = {"left": 0, "top": 0, "width": 1, "height": 1, "score": 0.9, "camera_id": 1, "time_us": found.time_us}
    with writing(engine) as connection:
        connection.execute(insert(objects).values(id=1, label="car"))
        connection.execute(insert(plates).values(id=1, text="NKL0252", region="us-tx"))
        for _ in range(2):
            connection.execute(insert(detections).values(object_id=1, image_id=found.id, **box))
        connection.execute(insert(plate_sightings).values(plate_id=1, image_id=found.id, **box))
    said = looking.describe(found)
    assert (said["objects"], said["plates"], said["node"]) == ({"car": 2}, ["NKL0252"], "Barn")
