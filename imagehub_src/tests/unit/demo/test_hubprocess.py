"""A hub as a process of its own."""

import socket
from pathlib import Path

import pytest

from imagehub import settings
from imagehub.demo.hubprocess import ADDRESS, HubProcess, free_port
from imagehub.errors import ImagehubError
from running import until


def test_the_port_asked_for_is_taken_only_if_it_is_free() -> None:
    """A hub that runs already keeps its port, and another one finds a free one."""
    with socket.create_server((ADDRESS, 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) != port
    assert free_port(port) == port


def test_a_hub_starts_listens_and_stops(tmp_path: Path) -> None:
    """All its files are in the folder, with settings that a user can read and change."""
    hub = HubProcess(tmp_path / "demo", free_port(0))
    hub.start(quiet=True)
    try:
        status = until(hub.status, "the hub to listen")
        assert status["endpoint"] == hub.endpoint
        assert settings.load(hub.folder / "imagehub.yaml").port == hub.port
        assert hub.exit_code is None
        with pytest.raises(ImagehubError, match=r"a hub runs in .*demo already"):
            HubProcess(hub.folder, free_port(0)).start(quiet=True)
    finally:
        hub.stop()
    assert hub.exit_code == 0
    assert hub.status() is None
    assert (hub.data / "images").is_dir()


def test_a_hub_that_can_not_start_leaves_its_last_words(tmp_path: Path) -> None:
    """Whoever started it can say why it ended."""
    with socket.create_server((ADDRESS, 0)) as taken:
        hub = HubProcess(tmp_path, taken.getsockname()[1])
        hub.start(quiet=True)
        code = until(lambda: hub.exit_code, "the hub to end")
    hub.stop()
    assert code != 0
    assert "can't listen on" in "\n".join(hub.last_words())


def test_a_folder_that_can_not_be_made_is_an_error(tmp_path: Path) -> None:
    """It is said which folder, and why."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ImagehubError, match=r"can't use the folder .*file/demo: Not a directory"):
        HubProcess(tmp_path / "file" / "demo", free_port(0)).start(quiet=True)
