"""An agent of a node answers conductors, and first closes what a crash left open."""

import threading
from pathlib import Path
from typing import cast

import pytest

from fake_nodes import FakeShared
from imagehub.colony.agent import on_node
from imagehub.errors import ImagehubError
from imagehub.node.cameras.camera import Camera, Mode
from imagehub.node.settings.settings import RecordingSettings
from running import free_port


def settings(folder: Path) -> RecordingSettings:
    """Return the settings of an agent at a free port of this machine."""
    return RecordingSettings("left", "P1", free_port(), "127.0.0.1", folder)


def shared() -> FakeShared:
    """Return a node's camera."""
    return FakeShared(cast(Camera, None), Mode(), print)


def test_it_is_idle_listens_and_recovers_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The camera is not touched before a conductor asks for it."""
    recovered: list[Path] = []
    done = threading.Event()

    def recover(folder: Path) -> list[str]:
        recovered.append(folder)
        done.set()
        return []

    monkeypatch.setattr(on_node, "recover", recover)
    camera = shared()
    agent = on_node.make(settings(tmp_path), camera, True)
    agent.start()
    assert done.wait(10)
    assert agent.state == "idle"
    agent.close()
    assert recovered == [tmp_path]
    assert camera.modes == []
    assert camera.subscriptions == []


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    """So that a node's settings are refused and the former ones go on."""
    ours = settings(tmp_path / "not there yet")
    first = on_node.make(ours, shared(), False)
    first.start()
    try:
        with pytest.raises(ImagehubError, match="can't listen at"):
            on_node.make(ours, shared(), False).start()
    finally:
        first.close()
