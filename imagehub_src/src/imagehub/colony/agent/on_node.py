"""An agent on a node, whose camera it takes for a recording and gives back."""

from dataclasses import replace

from imagehub.colony.agent.agent import Agent, Place
from imagehub.colony.agent.stage import REAL, Terms
from imagehub.node.cameras.lending import LentCamera
from imagehub.node.cameras.sharing import SharedCamera
from imagehub.node.settings.settings import RecordingSettings

THE_NODES = "the node's camera"


def make(settings: RecordingSettings, shared: SharedCamera) -> Agent:
    """Return the agent of a camera of a node; it listens once it is started."""
    place = Place(settings.port, settings.bind_address, settings.keys_directory)
    terms = Terms(settings.name, THE_NODES, settings.data_directory.absolute())
    return Agent(place, terms, replace(REAL, camera=lambda _: LentCamera(shared)))
