"""The agent of a camera that belongs to a node: it records with it, and the node goes on looking at its frames."""

import threading

from imagehub.colony.agent.agent import Agent, Place
from imagehub.colony.agent.stage import Surroundings, Terms
from imagehub.colony.recording.recovery import recover
from imagehub.node.cameras.lending import lend
from imagehub.node.cameras.sharing import SharedCamera
from imagehub.node.settings.settings import RecordingSettings

_recovering = threading.Lock()


class AgentOnNode:
    """An agent that first closes what a crash left open in its folder, while the node starts."""

    def __init__(self, settings: RecordingSettings, shared: SharedCamera) -> None:
        self._data = settings.data_directory
        self._agent = Agent(
            Place(settings.port, settings.bind_address, settings.keys_directory),
            Terms(settings.name, settings.camera, settings.data_directory),
            Surroundings(camera=lambda _: lend(shared)),
        )

    @property
    def state(self) -> str:
        """What it does now."""
        return self._agent.state

    def start(self) -> None:
        """Listen; raise ImagehubError where the port can't be had, or the keys are no good."""
        threading.Thread(target=self._recover, name="recovery", daemon=True).start()
        self._agent.start()

    def close(self) -> None:
        """Finish what is under way and listen no longer."""
        self._agent.close()

    def _recover(self) -> None:
        with _recovering:  # several agents of a node may share a folder
            if self._data.is_dir():
                recover(self._data)


def make(settings: RecordingSettings, shared: SharedCamera) -> AgentOnNode:
    """Return an agent, not started yet, that a node's settings ask for."""
    return AgentOnNode(settings, shared)
