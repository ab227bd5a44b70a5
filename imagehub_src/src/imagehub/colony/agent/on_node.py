"""The agent of a camera that belongs to a node: it records with it, and the node goes on looking at its frames."""

from imagehub.colony.agent.agent import Agent, Place
from imagehub.colony.agent.shared import RecordedCamera, Shared
from imagehub.colony.agent.stage import Surroundings, Terms
from imagehub.node.settings.settings import RecordingSettings


def make(settings: RecordingSettings, shared: Shared, punctual: bool) -> Agent:
    """Return an agent, not started yet, that a node's settings ask for.

    `punctual` tells whether the camera's first frame is taken at the instant that it is opened for.
    """
    return Agent(
        Place(settings.port, settings.bind_address, settings.keys_directory),
        Terms(settings.name, settings.camera, settings.data_directory),
        Surroundings(camera=lambda _: RecordedCamera(shared, settings.camera, punctual)),
    )
