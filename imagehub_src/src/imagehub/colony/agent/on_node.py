"""The agent of a camera that belongs to a node: it records with it, and the node goes on looking at its frames."""

from dataclasses import replace

from imagehub.colony.agent.agent import Agent, Place
from imagehub.colony.agent.stage import REAL, Terms
from imagehub.node.cameras.lending import lend
from imagehub.node.cameras.sharing import SharedCamera
from imagehub.node.settings.settings import RecordingSettings


def make(settings: RecordingSettings, shared: SharedCamera) -> Agent:
    """Return an agent, not started yet, that a node's settings ask for."""
    place = Place(settings.port, settings.bind_address, settings.keys_directory)
    terms = Terms(settings.name, settings.camera, settings.data_directory.absolute(), place.stream_address)
    return Agent(place, terms, replace(REAL, camera=lambda _: lend(shared)))
