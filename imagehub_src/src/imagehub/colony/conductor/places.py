"""Where the agents of a colony are, and the keys to get in."""

from pathlib import Path

from imagehub import transport
from imagehub.colony.conductor.link import Place
from imagehub.colony.settings import ColonySettings
from imagehub.errors import SettingsError
from imagehub.sender import CurveKeys

OWN = "conductor.key_secret"
FOR_ALL = "agent.key"


def of(settings: ColonySettings) -> dict[str, Place]:
    """Return each camera's place.

    Raises:
        SettingsError: a camera has no address.
        ImagehubError: a key can't be read.
    """
    lost = [camera for camera in settings.controllers if not camera.address]
    if lost:
        text = "{}:{}: [controllers] [[{}]] address: not given; write where the agent of this camera listens"
        raise SettingsError([text.format(settings.path, camera.line, camera.name) for camera in lost])
    return {
        camera.name: Place(
            transport.endpoint(camera.address, settings.port_of(camera)),
            _keys(settings.control.keys_directory, camera.name),
        )
        for camera in settings.controllers
    }


def _keys(directory: Path | None, camera: str) -> CurveKeys | None:
    if directory is None:
        return None
    own = directory / f"{camera}.key"
    return CurveKeys.load(own if own.exists() else directory / FOR_ALL, directory / OWN)
