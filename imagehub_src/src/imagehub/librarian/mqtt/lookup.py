"""What requests ask of the catalog: an image by its file's name, and what is known about it."""

from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Engine, func, select

from imagehub import images as paths
from imagehub.librarian.catalog import clean
from imagehub.librarian.mqtt import messages
from imagehub.librarian.mqtt.news import Camera, News
from imagehub.librarian.schema import (
    cameras,
    detections,
    hubs,
    images,
    nodes,
    objects,
    plate_sightings,
    plates,
)


class Found(NamedTuple):
    """An image that is in the catalog."""

    id: int
    time_us: int
    node: str
    view: str
    type: str
    text: str
    path: str
    bytes: int


class Lookup:
    """Reads the catalog for one hub."""

    def __init__(self, engine: Engine, data_directory: Path, news: News) -> None:
        self._engine, self._news = engine, news
        self._ours = hubs.c.data_directory == clean(str(data_directory.absolute()))

    def cameras(self) -> list[Camera]:
        """Return all cameras as they are now."""
        return self._news.cameras()

    def image(self, name: str) -> Found | None:
        """Return the image whose file has this name; None: there is none, or it is going."""
        read = paths.read_name(name)
        if read is None:
            return None
        day = read[1].date().isoformat()
        path = clean(f"{paths.FOLDER}/{day}/{name}")
        columns = [nodes.c.name if field == "node" else _column(field) for field in Found._fields]
        joined = images.join(hubs, hubs.c.id == images.c.hub_id).join(cameras, cameras.c.id == images.c.camera_id)
        wanted = select(*columns).select_from(joined.join(nodes, nodes.c.id == cameras.c.node_id))
        same = (images.c.day == day) & (images.c.path == path) & (images.c.state == "stored")
        with self._engine.connect() as connection:
            row = connection.execute(wanted.where(self._ours, same)).first()
        return Found(*row) if row else None

    def describe(self, image: Found) -> dict[str, Any]:
        """Return what is known about an image, as a document."""
        said = image._asdict() | {"time": messages.time(image.time_us)}
        labels = select(objects.c.label, func.count()).select_from(detections.join(objects))
        texts = select(plates.c.text).select_from(plate_sightings.join(plates))
        with self._engine.connect() as connection:
            counted = connection.execute(labels.where(detections.c.image_id == image.id).group_by(objects.c.label))
            said["objects"] = {row[0]: row[1] for row in counted}
            read = connection.execute(texts.where(plate_sightings.c.image_id == image.id))
            said["plates"] = list(read.scalars())
        del said["time_us"]
        return said


def _column(name: str) -> Any:
    return cameras.c.view if name == "view" else images.c[name]
