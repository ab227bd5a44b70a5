"""The status of a node, as people read it."""

from pathlib import Path

import pytest

from imagehub.errors import ImagehubError
from imagehub.node import status

DELIVERY = {
    "hub": "tcp://hub:5555",
    "answering": True,
    "waiting_in_memory": 1,
    "waiting_on_disk": 20,
    "bytes_on_disk": 4000,
    "sent": 5,
    "dropped": 0,
    "refused": 1,
    "last_error": None,
}
CAMERA = {
    "label": "P1",
    "name": "Barn Yard",
    "frames_per_second": 9.98,
    "resolution": [640, 480],
    "fault": None,
    "lent": True,
}
DOCUMENT = {
    "version": "1.0",
    "node": "Barn",
    "uptime_seconds": 7320,
    "cameras": [
        CAMERA,
        CAMERA | {"resolution": None, "fault": "unplugged", "lent": False, "frames_per_second": 0},
    ],
    "agents": ["recording"],
    "faults": ["no such pin"],
    "delivery": DELIVERY,
}


def test_a_line_a_fact() -> None:
    """Cameras with their rates, the hub, what waits, what does not work."""
    assert status.as_text(DOCUMENT).splitlines() == [
        "node Barn, up 2 h 02 min, imagehub 1.0",
        "camera P1 (Barn Yard): 9.98 images/s, 640x480, lent to an agent",
        "camera P1 (Barn Yard): 0 images/s, no image yet - unplugged",
        "agent: recording",
        "hub tcp://hub:5555",
        "sent 5, dropped 0, refused 1",
        "waiting: 1 in memory, 20 in the spool",
        "fault: no such pin",
    ]


def test_a_hub_that_does_not_answer_is_named() -> None:
    """With what is known of it."""
    document = DOCUMENT | {"delivery": DELIVERY | {"answering": False, "last_error": "no answer within 10 s"}}
    assert "hub tcp://hub:5555 does not answer: no answer within 10 s" in status.as_text(document)
    assert "up 3 d 2 h" in status.as_text(DOCUMENT | {"uptime_seconds": 3 * 86400 + 7500})


def test_a_sender_that_is_being_opened_is_said_to_be() -> None:
    """As in the moment of a reload."""
    assert "the sender is being opened" in status.as_text(DOCUMENT | {"delivery": None})


def test_no_node_is_said_with_what_to_look_at(tmp_path: Path) -> None:
    """Where nobody listens, and where something else does not speak JSON."""
    with pytest.raises(ImagehubError, match=r"no node answers at .*is it running"):
        status.query(tmp_path)
