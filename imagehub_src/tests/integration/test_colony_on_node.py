"""A camera of a node is recorded at a conductor's word, and then is the node's again."""

from pathlib import Path

from colonies import write_settings
from imagehub.colony.agent import on_node
from imagehub.colony.conductor.conductor import Conductor
from imagehub.node.cameras import opening
from imagehub.node.cameras.camera import Mode
from imagehub.node.cameras.sharing import SharedCamera
from imagehub.node.settings.settings import RecordingSettings
from running import free_port, until

NODES = Mode((320, 240), 10)


def test_a_nodes_camera_is_recorded_and_given_back(tmp_path: Path) -> None:
    """In the recording's mode, with no frame lost, while the node goes on with it."""
    shared = SharedCamera(opening.camera("synthetic"), NODES, lambda _: None)
    shared.start()
    newest = shared.subscribe(every=False)
    settings = RecordingSettings("left", "P1", free_port(), "127.0.0.1", tmp_path / "data")
    agent = on_node.make(settings, shared)
    agent.start()
    camera = {"framerate": 25, "resolution": (160, 120)}
    with Conductor(write_settings(tmp_path, {"left": settings.port}, camera, {})) as conductor:
        conductor.start_acquisition()
        session = conductor.session
        assert session is not None
        until(lambda: session.standings["left"].figures["frames"] >= 20, "frames")
        assert shared.mode.resolution == (160, 120)
        assert newest.next(5) is not None
        outcome = conductor.stop_acquisition()
    assert outcome is not None
    assert outcome.passed, outcome.text
    assert shared.mode == NODES
    agent.close()
    shared.close()
