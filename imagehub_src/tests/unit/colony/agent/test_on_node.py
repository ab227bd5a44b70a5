"""An agent of a node answers conductors, and first closes what a crash left open."""

import threading
from pathlib import Path

import pytest

from imagehub.colony.agent import on_node
from imagehub.colony.recording import recovery
from imagehub.errors import ImagehubError
from imagehub.node.cameras import opening
from imagehub.node.cameras.camera import Mode
from imagehub.node.cameras.sharing import SharedCamera
from imagehub.node.settings.settings import RecordingSettings
from running import free_port


def settings(folder: Path) -> RecordingSettings:
    """Return the settings of an agent at a free port of this machine."""
    return RecordingSettings("left", "P1", free_port(), "127.0.0.1", folder)


def shared() -> SharedCamera:
    """Return a node's camera, not started."""
    return SharedCamera(opening.camera("synthetic"), Mode(), print)


def test_it_is_idle_listens_and_recovers_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The camera is not touched before a conductor asks for it."""
    recovered: list[Path] = []
    done = threading.Event()

    def recover(folder: Path) -> list[str]:
        recovered.append(folder)
        done.set()
        return []

    monkeypatch.setattr(recovery, "recover", recover)
    camera = shared()
    agent = on_node.make(settings(tmp_path), camera)
    agent.start()
    assert done.wait(10)
    assert agent.state == "idle"
    agent.close()
    assert recovered == [tmp_path]
    assert camera._subscriptions == ()


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    """So that a node's settings are refused and the former ones go on."""
    ours = settings(tmp_path / "not there yet")
    first = on_node.make(ours, shared())
    first.start()
    try:
        with pytest.raises(ImagehubError, match="can't listen at"):
            on_node.make(ours, shared()).start()
    finally:
        first.close()
