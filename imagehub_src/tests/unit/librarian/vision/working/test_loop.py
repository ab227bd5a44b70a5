"""A worker goes on, whatever a job does."""

import logging
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from happenings import NOON, SECOND
from imagehub.librarian.schema import work
from imagehub.librarian.vision.queue import jobs
from imagehub.librarian.vision.working import loop as loops
from looking_into import Gallery, gallery
from running import until


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Gallery]:
    """Give a catalog with pictures."""
    with gallery(tmp_path) as made:
        yield made


def test_what_can_never_be_looked_at_is_put_aside_with_the_reason(
    shown: Gallery, caplog: pytest.LogCaptureFixture
) -> None:
    """At once; the next image is looked at."""
    camera = shown.barn.camera(check_objects=True)
    good, bad = shown.picture(camera, "dog"), shown.picture(camera, "broken", NOON + 1)
    for number in (good, bad):
        shown.put(number)
    with caplog.at_level(logging.WARNING):
        shown.work()
    assert shown.jobs() == [(bad, "objects", "dead", "no JPEG")]
    assert shown.found(good) == ["dog"]
    assert f"image {bad}, objects: put aside: no JPEG" in caplog.text


@pytest.mark.parametrize(("words", "reason"), [("odd", "RuntimeError: a library fails"), (None, "No such file")])
def test_what_may_pass_is_tried_three_times(words: str | None, reason: str, shown: Gallery) -> None:
    """Whatever went wrong, and with pauses between."""
    number = shown.picture(shown.barn.camera(check_objects=True), words or "")
    if words is None:
        shutil.rmtree(shown.root / "images/2026-11-21")
    shown.put(number)
    for state in ("waiting", "waiting", "dead"):
        shown.work()
        [(_, _, found, error)] = shown.jobs()
        assert found == state
        assert reason in error
        shown.now_us += 3600 * SECOND


def test_what_was_done_is_counted(shown: Gallery) -> None:
    """By minute and kind: jobs, tries that failed, and the time that they took."""
    camera = shown.barn.camera(check_objects=True)
    for number, words in enumerate(("dog", "cat", "broken")):
        shown.put(shown.picture(camera, words, NOON + number))
    shown.work()
    with shown.engine.connect() as connection:
        [row] = connection.execute(select(work)).all()
    assert tuple(row)[:5] == (NOON // jobs.SECOND // 60, "test:1", "objects", 2, 1)
    assert row.busy_us > 0


def test_a_catalog_that_fails_costs_no_try(
    shown: Gallery, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What was taken is given back once it answers, and it is said once that it did not."""
    monkeypatch.setattr(loops, "TROUBLE_SECONDS", 0.001)
    number = shown.picture(shown.barn.camera(check_objects=True), "dog")
    shown.put(number)
    objects, failures, stop = shown.recorder.objects, [1] * 5, threading.Event()

    def failing(*given: object) -> bool:
        if failures:
            failures.pop()
            raise OperationalError("INSERT", {}, Exception("the server is gone"))
        return objects(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(shown.recorder, "objects", failing)
    thread = threading.Thread(target=shown.loop.work, args=(stop,))
    thread.start()
    until(lambda: shown.found(number), "the result")
    stop.set()
    thread.join(30)
    assert shown.jobs() == []
    assert caplog.text.count("the server is gone") == 1


def test_a_disk_that_is_away_costs_no_try(
    shown: Gallery, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is taken until the folder of images is there again."""
    monkeypatch.setattr(loops, "TROUBLE_SECONDS", 0.001)
    number = shown.picture(shown.barn.camera(check_objects=True), "dog")
    shown.put(number)
    (shown.root / "images").rename(shown.root / "away")
    stop = threading.Event()
    thread = threading.Thread(target=shown.loop.work, args=(stop,))
    thread.start()
    until(lambda: "is its disk mounted?" in caplog.text, "the complaint")
    (shown.root / "away").rename(shown.root / "images")
    until(lambda: shown.found(number), "the result")
    stop.set()
    thread.join(30)
    assert shown.jobs() == []


def test_a_worker_ends_after_the_job_at_hand(shown: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it is told to, or has grown too much."""
    camera = shown.barn.camera(check_objects=True)
    first, second = shown.picture(camera, "dog"), shown.picture(camera, "cat", NOON - 1)
    for number in (first, second):
        shown.put(number)
    stop, look = threading.Event(), shown.eyes.at

    def at(*given: object) -> object:
        stop.set()
        return look(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(shown.eyes, "at", at)
    shown.loop.work(stop)
    assert (shown.found(first), shown.found(second)) == (["dog"], [])
    shown.loop.work(threading.Event(), lambda: True)
    assert shown.found(second) == []
