"""The example flow works in a real Node-RED, with a real broker and a librarian."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from brokers import Ear, running_broker
from hub_directories import HubDirectory
from librarians import running_librarian
from node_reds import NodeRed, running_node_red
from running import until

FLOW = Path(__file__).parents[3] / "devops/nodered/imagehub.flow.json"

pytestmark = pytest.mark.timeout(600)  # the first time Node-RED is installed


def flow(port: int) -> list[dict[str, Any]]:
    """Return the flow with the one change that a user makes: where the broker is."""
    nodes: list[dict[str, Any]] = json.loads(FLOW.read_text())
    [broker] = [node for node in nodes if node["type"] == "mqtt-broker"]
    broker.update(broker="127.0.0.1", port=str(port))
    return nodes


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubDirectory]:
    """Give a hub directory with a picture."""
    made = HubDirectory(tmp_path / "hub")
    made.image("Barn", "P1", b"first picture")
    yield made
    made.close()


@pytest.fixture
def ear(tmp_path: Path, hub: HubDirectory) -> Iterator[Ear]:
    """Give somebody who listens to a broker that a librarian publishes to."""
    with (
        running_broker(tmp_path / "broker") as broker,
        running_librarian(tmp_path / "librarian", hub.root, mqtt={"broker": "127.0.0.1", "port": broker.port}),
        Ear(broker.port) as made,
    ):
        yield made


@pytest.fixture
def red(tmp_path: Path, ear: Ear) -> Iterator[NodeRed]:
    """Give a Node-RED with the flow."""
    with running_node_red(tmp_path / "node-red", flow(ear.port)) as made:
        yield made


def test_the_flow_shows_and_asks(red: NodeRed, ear: Ear, hub: HubDirectory) -> None:
    """Motion becomes a line, the picture is served, and the librarian's answers come through."""
    until(lambda: red.get("/imagehub/picture?node=Barn&view=P1") == b"first picture", "the picture")
    assert red.get("/imagehub/picture?node=Nobody&view=P1") is None
    hub.event("Barn", "P1", "Temp", "74 F")
    hub.event("Barn", "P1", "motion", "moving")
    assert ear.wait_for("flows/motion").startswith(b"Barn P1 at 20")
    assert ear.count("flows/motion") == 1
    objects = json.loads(until(lambda: red.get("/imagehub/objects"), "an answer about objects"))
    assert (objects["isfile"], objects["error"]) == (True, "this librarian does not detect objects")
    [camera] = json.loads(until(lambda: red.get("/imagehub/cameras"), "an answer about cameras"))
    assert (camera["node"], camera["view"]) == ("Barn", "P1")
    assert "error" not in red.output().lower()


def test_the_flow_is_made_of_nodes() -> None:
    """What it does is seen in the editor, not hidden in JavaScript."""
    assert not [node for node in flow(1883) if node["type"] == "function"]
