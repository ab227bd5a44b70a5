"""What users may decide about a camera."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from catalogs import fresh
from imagehub.librarian.audit import Actor
from imagehub.librarian.catalog import CatalogError, writing
from imagehub.librarian.queries import cameras
from imagehub.librarian.queries.faults import ValueFault
from imagehub.librarian.schema import audit_log
from librarian_data import fill

ANN = Actor(None, "Ann")
VALUES: dict[str, Any] = {
    "type": "PiCamera", "display": True, "check_objects": True, "alpr": False, "roi_names": ("door", " gate "),
    "message": "look", "notifications": False, "tiles": True, "thresholds": {"person": 0.6, "dog": 0.4}, "votes": 3,
}  # fmt: skip


def test_a_change_is_kept_and_written_down(tmp_path: Path) -> None:
    """The log says what changed and not what stayed; nothing changed is nothing to log."""
    engine = fresh(tmp_path / "c")
    fill(engine, images=5, events=5, cameras=2, days=1)
    for _ in range(2):
        with writing(engine) as connection:
            cameras.change_camera(connection, ANN, 1, **VALUES)
    with engine.connect() as connection:
        camera = cameras.camera(connection, None, 1)
        (details,) = connection.execute(select(audit_log.c.details)).scalars()
    assert camera
    assert (camera.type, camera.roi_names, camera.notifications) == ("PiCamera", ("door", "gate"), False)
    assert (camera.tiles, camera.thresholds, camera.votes) == (True, {"person": 0.6, "dog": 0.4}, 3)
    plain = {"type", "roi_names", "message", "notifications", "alpr"}
    assert set(json.loads(details)) == plain | {"tiles", "thresholds", "votes"}
    engine.dispose()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", "x" * 101),
        ("message", "a\0b"),
        ("roi_names", ("a,b",)),
        ("message", "x" * 1001),
        ("thresholds", {"person": 1.1}),
        ("thresholds", {" ": 0.5}),
        ("thresholds", {"x" * 101: 0.5}),
        ("votes", 0),
        ("votes", 21),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, field: str, value: object) -> None:
    """The fault names the field; a camera that is not there is a fault of another kind."""
    engine = fresh(tmp_path / "c")
    fill(engine, images=5, events=5, cameras=1, days=1)
    with writing(engine) as connection:
        with pytest.raises(ValueFault) as caught:
            cameras.change_camera(connection, ANN, 1, **VALUES | {field: value})
        assert caught.value.field == field
        with pytest.raises(CatalogError, match="no camera 9"):
            cameras.change_camera(connection, ANN, 9, **VALUES)
    engine.dispose()
