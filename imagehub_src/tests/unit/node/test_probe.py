"""`imagenode probe` says in one line how the node is, and keeps asking until it is well."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imagehub.errors import ImagehubError
from imagehub.node import probe
from imagehub.node.settings.settings import NodeSettings

WELL = {"label": "P1", "frames": 7, "fault": None}
SETTINGS = NodeSettings("Barn", ("tcp://hub:5555",))


def document(*cameras: dict[str, Any], answering: bool = True) -> dict[str, Any]:
    """Return what a node says of itself, as far as the probe looks at it."""
    return {
        "node": "Barn",
        "cameras": list(cameras),
        "delivery": {"hub": "tcp://hub:5555", "answering": answering},
    }


class Passing:
    """A clock that passes where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> probe.Clock:
        """Return it as the probe takes it."""
        return probe.Clock(lambda: self.now, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds


def answering(monkeypatch: pytest.MonkeyPatch, answers: Iterator[dict[str, Any] | ImagehubError]) -> None:
    """Let the node answer so, one after the other."""

    def query(_: Path) -> dict[str, Any]:
        answer = next(answers)
        if isinstance(answer, ImagehubError):
            raise answer
        return answer

    monkeypatch.setattr("imagehub.node.status.query", query)


def test_a_node_whose_cameras_give_images_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked again until they do; a hub that does not answer is told, and is no fault of the node."""
    blind = WELL | {"frames": 0}
    answering(
        monkeypatch, iter([ImagehubError("no node"), document(WELL, blind), document(WELL, WELL, answering=False)])
    )
    line = probe.probe(SETTINGS, 5, Passing().clock())
    assert line == "node Barn is well: 2 cameras with images, no hub answers yet"


def test_a_camera_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what is wrong with it, after the time that was given."""
    lost = WELL | {"label": "W1", "fault": "unplugged"}
    passing = Passing()
    answering(monkeypatch, iter(lambda: document(WELL, lost), None))
    with pytest.raises(ImagehubError, match="not well within 3 s: camera W1: unplugged"):
        probe.probe(SETTINGS, 3, passing.clock())
    assert 2.5 < passing.now <= 3


def test_a_node_that_does_not_run_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the words of who tried to ask it."""
    answering(monkeypatch, iter(lambda: ImagehubError("no node answers at /run"), None))
    with pytest.raises(ImagehubError, match="no node answers at /run"):
        probe.probe(SETTINGS, 1, Passing().clock())
