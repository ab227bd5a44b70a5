"""Each channel's sender works through the outbox, and forgets nothing."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from happenings import NOON, World, world
from imagehub.librarian import catalog, notify
from imagehub.librarian.arrivals import Arrivals
from imagehub.librarian.notify import Draft, HopelessError, Message, NotSentError, outbox, sending

DRAFT = Draft("a", "webhook", "https://example.org/t0ken", "Gate", "motion", NOON)


class Recorder:
    """A channel that keeps what it sends; `errors` are raised first."""

    def __init__(self, *errors: Exception) -> None:
        self.sent: list[Message] = []
        self._errors = list(errors)

    def send(self, _target: str, message: Message) -> None:
        """Keep it, or fail."""
        self.sent.append(message)
        if self._errors:
            raise self._errors.pop(0)


@pytest.fixture
def barn(tmp_path: Path) -> Iterator[World]:
    """Give a catalog."""
    with world(tmp_path) as made:
        yield made


def put(barn: World, *drafts: Draft) -> None:
    """Put some into the outbox."""
    with catalog.writing(barn.engine) as connection:
        for draft in drafts:
            notify.put(connection, draft, NOON)


def sender(barn: World, channel: Recorder) -> sending.Sender:
    """Return what sends by this channel."""
    return sending.Sender(barn.engine, barn.folder, "webhook", channel)


def test_a_message_has_names_and_the_picture(barn: World, tmp_path: Path) -> None:
    """As the catalog has them when it is sent; one that is gone is said to be gone."""
    camera = barn.camera()
    image, gone = barn.image(camera, NOON), barn.image(camera, NOON + 1)
    folder = tmp_path / "images" / "2026-11-21"
    folder.mkdir(parents=True)
    (folder / f"{NOON}.jpg").write_bytes(b"\xff\xd8")
    put(barn, replace(DRAFT, camera_id=camera, image_id=image), replace(DRAFT, cause="b", image_id=gone))
    channel = Recorder()
    sender(barn, channel).send_due(threading.Event())
    first, second = channel.sent
    assert (first.camera, first.image_id, first.picture) == (
        "Barn P1",
        image,
        notify.Picture(f"{NOON}.jpg", b"\xff\xd8"),
    )
    assert second.picture is None
    assert second.text == "motion\n\nThe picture is no longer there."
    assert len({first.key, second.key}) == 2


def test_a_picture_that_is_too_large_stays_behind(barn: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message goes without."""
    monkeypatch.setattr(sending, "MAX_PICTURE_BYTES", 1)
    image = barn.image(barn.camera(), NOON)
    folder = tmp_path / "images" / "2026-11-21"
    folder.mkdir(parents=True)
    (folder / f"{NOON}.jpg").write_bytes(b"\xff\xd8")
    put(barn, replace(DRAFT, image_id=image))
    channel = Recorder()
    sender(barn, channel).send_due(threading.Event())
    assert channel.sent[0].picture is None
    assert "too large" in channel.sent[0].text


def test_what_became_of_each_is_kept(barn: World, caplog: pytest.LogCaptureFixture) -> None:
    """Sent, to be tried again, given up; a mistake in a package of others is a failure like any other."""
    put(barn, *(replace(DRAFT, cause=cause) for cause in "abcd"))
    errors = NotSentError("down"), HopelessError("unknown"), KeyError("https://t0ken")
    sender(barn, Recorder(*errors)).send_due(threading.Event())
    states = [(row.state, row.error) for row in barn.outbox()]
    assert states == [("waiting", "down"), ("failed", "unknown"), ("waiting", "KeyError, see the log"), ("sent", "")]
    assert "KeyError" in caplog.text
    assert "t0ken" not in caplog.text


def test_what_was_sent_is_marked_even_if_the_database_was_away(barn: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not sent a second time."""
    monkeypatch.setattr(sending, "POLL_SECONDS", 0.001)
    put(barn, DRAFT)
    marked, tries = outbox.mark_sent, []

    def mark(*args: object) -> None:
        tries.append(args)
        if len(tries) < 3:
            raise OperationalError("UPDATE", {}, OSError("away"))
        marked(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox, "mark_sent", mark)
    channel = Recorder()
    sender(barn, channel).send_due(threading.Event())
    assert (len(channel.sent), barn.outbox()[0].state) == (1, "sent")


def test_a_dead_channel_holds_up_no_other(barn: World) -> None:
    """Each has a thread of its own, which an announcement wakes."""
    dead, alive, hanging = threading.Event(), threading.Event(), threading.Event()

    class Dead:
        def send(self, _target: str, _message: Message) -> None:
            hanging.set()
            assert dead.wait(30)

    class Alive:
        def send(self, _target: str, _message: Message) -> None:
            alive.set()

    filled, stop = Arrivals(), threading.Event()
    parts = sending.parts(barn.engine, barn.folder, {"webhook": Dead(), "mail": Alive()}, filled)
    threads = [threading.Thread(target=part, args=(stop,)) for part in parts.values()]
    put(barn, DRAFT)
    for thread in threads:
        thread.start()
    try:
        assert hanging.wait(30)
        put(barn, replace(DRAFT, cause="b", channel="mail"))
        filled.announce()
        assert alive.wait(30)
        assert not dead.is_set()
    finally:
        stop.set()
        dead.set()
        for thread in threads:
            thread.join()
