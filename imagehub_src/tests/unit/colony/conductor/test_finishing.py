"""What a conductor writes down of a recording, so that it is judged alike whenever it is audited again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from colonies import write_settings
from imagehub.colony import settings
from imagehub.colony.conductor import finishing, places, plans
from imagehub.colony.conductor.gathering import GatheredLog
from imagehub.colony.conductor.link import Link
from imagehub.colony.conductor.remote import Remote
from imagehub.colony.conductor.session import Session, Standing
from imagehub.colony.synchrony import report
from imagehub.colony.synchrony.clocks import Offset
from recorded import START_NS, instants, write_recording

OFFSETS = [Offset(0, 60_000, 120_000, 1.5, START_NS + n * 500_000_000, 2.0) for n in range(5)]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """Give the recording of two cameras, whose clocks were compared."""
    told = settings.read(write_settings(tmp_path, {"left": 1, "right": 2}, {"framerate": 30}, {}))
    chosen = plans.acquisition(told, {}, datetime(2026, 9, 21, 10, 10, 10, tzinfo=UTC))
    link = Link(places.of(told))  # not started: nobody is asked anything
    standings = {
        camera.name: Standing(camera.name, Remote(camera.name, link), plans.plan(told, camera, chosen, 60, False), "")
        for camera in told.controllers
    }
    for standing in standings.values():
        standing.offsets = list(OFFSETS)
    log = GatheredLog([], "INFO", None)
    yield Session(told, chosen, tmp_path / "gathered", standings, log, lambda name, why: None, START_NS)
    log.close()


def files_of(session: Session, *names: str) -> dict[str, tuple[Path, ...]]:
    """Write what these cameras would have recorded without a fault."""
    return {name: tuple(write_recording(session.folder, name, instants(60)).values()) for name in names}


def test_a_camera_that_failed_live_fails_a_later_audit_of_sound_files(session: Session) -> None:
    """No file tells that it was lost for a while; the record of clocks does."""
    session.fail("left", "the camera was lost")
    outcome = finishing.audit(session, files_of(session, "left", "right"))
    assert outcome.passed is False
    again = report.again(session.folder)
    assert (again.passed, again.reasons) == (False, ("left: the camera was lost",))
    assert report.read(session.folder / "report.json").reasons == again.reasons


def test_without_a_failure_the_same_files_pass_then_and_later(session: Session) -> None:
    """So it is the failure alone that counts."""
    outcome = finishing.audit(session, files_of(session, "left", "right"))
    assert outcome.passed is True, outcome.text
    assert report.again(session.folder).passed is True


def test_a_camera_that_keeps_nothing_is_not_missed(session: Session) -> None:
    """With `save_data = False` it has no files, and the others are judged without it."""
    right = session.standings["right"]
    right.plan = replace(right.plan, save_data=False)
    outcome = finishing.audit(session, files_of(session, "left"))
    assert outcome.passed is True, outcome.text
    assert [each.instance for each in report.again(session.folder).cameras] == ["left"]


def test_a_camera_that_keeps_nothing_can_fail_all_the_same(session: Session) -> None:
    """It was to run."""
    right = session.standings["right"]
    right.plan = replace(right.plan, save_data=False)
    session.fail("right", "unplugged")
    outcome = finishing.audit(session, files_of(session, "left"))
    assert outcome.passed is False
    assert report.again(session.folder).reasons == ("right: unplugged",)
