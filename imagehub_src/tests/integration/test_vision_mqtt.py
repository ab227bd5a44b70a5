"""Flows that ask by MQTT what is in a picture get an answer of the real models, in the form that they know."""

import json
from pathlib import Path

import imagezmq
import pytest

from brokers import Ear, running_broker
from pictures_of import picture
from running import running_hub, until
from sites import serving
from vision_models import installed_models


@pytest.mark.timeout(600)
def test_flows_learn_what_is_in_a_picture(tmp_path: Path) -> None:
    """Of cameras that nobody asked to be looked at too: the flow asks, and a worker looks."""
    vision = {"enabled": True, "models_directory": str(installed_models())}
    with (
        running_hub(tmp_path / "hub") as hub,
        running_broker(tmp_path / "broker") as broker,
        imagezmq.ImageSender(connect_to=hub.endpoint) as sender,
        serving(
            tmp_path / "librarian", hub.data, 0, vision=vision, mqtt={"broker": "127.0.0.1", "port": broker.port}
        ) as site,
        Ear(broker.port) as ear,
    ):
        for name in ("person", "plate-car"):
            assert sender.send_jpg(f"{name} P1|jpg|", as_jpeg(picture(name))) == b"OK"
        until(lambda: site.taken() == 2, "both in the catalog")
        person, car = (next(hub.data.glob(f"images/*/{name}-P1-*.jpg")) for name in ("person", "plate-car"))
        ear.send("image/id_objects/get_objects", f"/data/imagehub_data/images/{person.parent.name}/{person.name}")
        said = ear.wait_for_json("image/id_objects/count")
        assert {"filename": person.name, "isfile": True, "person": 1}.items() <= said.items()
        ear.send("image/alpr/get_license", json.dumps({"filename": [str(car)]}))
        (result,) = ear.wait_for_json("image/alpr/results")["results"]
        assert result["plate"].upper() == "5AU5341"


def as_jpeg(path: Path) -> bytes:
    """Return a picture as a JPEG."""
    import cv2

    if path.suffix == ".jpg":
        return path.read_bytes()
    shown = cv2.imread(str(path))
    assert shown is not None
    _, written = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, 95])
    return written.tobytes()
