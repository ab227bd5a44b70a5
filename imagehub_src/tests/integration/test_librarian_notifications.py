"""Rules and notifications as a user has them: each database, a librarian that is killed, a mail server that is down."""

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from catalogs import write_journal
from happenings import MINUTE, NOON, SOMEBODY, World, rule, world
from imagehub.journal import Journal
from imagehub.librarian import catalog, notify, rebuild, rules
from imagehub.librarian.ingest import Ingest
from imagehub.librarian.notify import sending
from imagehub.librarian.rules import standing, watching
from mailboxes import Mailbox, hook, mailbox
from running import free_port, until

MAIL = {"channel": "mail", "target": "ann@example.org"}


@pytest.fixture
def barn(url: str, tmp_path: Path) -> Iterator[World]:
    """Give a catalog in each kind of database."""
    with world(tmp_path, url) as made:
        yield made


def test_every_database_follows_fires_and_sends(barn: World) -> None:
    """From rows of every kind to the hook; once, with the cooldown, the log and a second try."""
    watching.begin(barn.engine)
    camera = barn.camera()
    with hook() as kept:
        actions = [{"channel": "webhook", "target": kept.url}]
        for trigger in ("image", "event", "object", "plate"):
            barn.add_rule(rule(trigger, trigger=trigger, cooldown=60, actions=actions))
        barn.add_rule(rule("silent", trigger="silent", silent_minutes=1, actions=actions))
        barn.add_rule(rule("disk", trigger="disk", free_bytes=9, actions=actions))
        for time_us in (NOON, NOON + 1):
            image = barn.image(camera, time_us)
            barn.event(camera, time_us)
            barn.detection(camera, time_us, "person", 0.9, image)
            barn.sighting(camera, time_us, "AB 1")
        assert [watching.follow(barn.engine, NOON + MINUTE), watching.follow(barn.engine, NOON + MINUTE)] == [4, 0]
        for expected in (2, 0):
            with catalog.writing(barn.engine) as connection:
                assert standing.check(connection, NOON + 5 * MINUTE, 1) == expected
        sender = sending.Sender(barn.engine, barn.folder, "webhook", notify.channels(_settings(barn.folder))["webhook"])
        kept.status = 500
        sender.send_due(threading.Event())
        assert {row.state for row in barn.outbox()} == {"waiting"}
        kept.status = 200
        with catalog.writing(barn.engine) as connection:
            assert notify.again(connection, SOMEBODY, barn.outbox()[0].id, NOON)
        sender.send_due(threading.Event())
    assert [row.state for row in barn.outbox()] == ["waiting"] * 6 + ["sent"]
    with barn.engine.connect() as connection:
        assert len(notify.sent(connection, frozenset({camera}), None, 99)) == 6


def test_every_database_tries_a_rule_on_the_past(barn: World) -> None:
    """With numbers, words, labels and silences."""
    camera = barn.camera()
    for at in range(4):
        image = barn.image(camera, NOON + at * MINUTE)
        barn.event(camera, NOON + at * MINUTE, "Barn P1|Temp|30", kind="temperature", value=30.0 + at)
        barn.detection(camera, NOON + at * MINUTE, "person", 0.5 + at / 10, image)
        barn.sighting(camera, NOON + at * MINUTE, f"AB {at}")
    tried: dict[int, dict[str, Any]] = {
        1: {"trigger": "event", "event_kind": "temperature", "above": 32},
        2: {"trigger": "object", "label": "person", "min_score": 0.65},
        3: {"trigger": "plate", "plate": "AB*", "cooldown": 61},
        4: {"trigger": "image"},
    }
    for count, words in (*tried.items(),):
        expected = 2 if count == 3 else count
        assert rules.dry_run(barn.engine, rule(**words), NOON, NOON + 60 * MINUTE).count == expected
    assert rules.dry_run(barn.engine, rule(trigger="silent", silent_minutes=5), NOON, NOON + 60 * MINUTE).count == 1


def _settings(folder: Path) -> Any:
    from imagehub.librarian import settings

    return settings.parse("librarian:", folder)


def event(number: int, time: datetime | None = None) -> dict[str, Any]:
    """Return an event as the journal has it, of now."""
    text = {"node": "Barn", "view": "P1", "request": "", "kind": "event", "type": "motion"}
    when = (time or datetime.now().astimezone()).isoformat(timespec="microseconds")
    return text | {"time": when, "text": f"Barn P1|motion|number {number}."}


class Librarian:
    """A librarian as a process, and the hub's journal that it follows."""

    def __init__(self, folder: Path, smtp_port: int) -> None:
        self.hub, self.folder = folder / "hub", folder / "librarian"
        self.url = f"sqlite:///{folder / 'catalog.sqlite'}"
        self.journal: Journal = write_journal(self.hub, [])
        self.folder.mkdir()
        section = {"hub_directory": str(self.hub), "database": self.url}
        mail = {"server": "127.0.0.1", "port": smtp_port, "security": "none"}
        document = {"librarian": section, "mail": mail, "web": {"enabled": False}}
        (self.folder / "librarian.yaml").write_text(yaml.safe_dump(document))

    def start(self) -> subprocess.Popen[bytes]:
        """Start it as a user does."""
        return subprocess.Popen([sys.executable, "-m", "imagehub.librarian", "run", "--path", str(self.folder)])

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let it run; end it with SIGTERM."""
        process = self.start()
        try:
            yield
        finally:
            process.terminate()
            assert process.wait(30) == 0

    def happens(self, *numbers: int) -> None:
        """Let the hub acknowledge events."""
        self.journal.append([event(number) for number in numbers], datetime.now().astimezone().date().isoformat())
        self.journal.commit(self.journal.written)


@contextmanager
def watched(folder: Path, smtp_port: int) -> Iterator[tuple[Librarian, World]]:
    """Give a librarian whose rule mails each event, not started yet."""
    librarian = Librarian(folder, smtp_port)
    with world(folder, librarian.url) as barn:
        watching.begin(barn.engine)
        barn.add_rule(rule(trigger="event", actions=[MAIL]))
        try:
            yield librarian, barn
        finally:
            librarian.journal.close()


def numbers_in(box: Mailbox) -> dict[str, str]:
    """Return which event each Message-ID told of."""
    found = {}
    for mail in list(box.mails):
        body = mail.get_body()
        assert body is not None
        found[str(mail["Message-ID"])] = body.get_content().split("number ")[1].split(".")[0]
    return found


def test_a_killed_librarian_loses_no_notification_and_repeats_none(tmp_path: Path) -> None:
    """While events arrive and mails go out: each event has one Message-ID, and only what was under way came twice."""
    chance, count = random.Random(23), 90
    with mailbox() as box, watched(tmp_path, box.port) as (librarian, barn):
        stop = threading.Event()

        def events_arrive() -> None:
            for number in range(0, count, 3):
                librarian.happens(number, number + 1, number + 2)
                stop.wait(0.1)

        arriving = threading.Thread(target=events_arrive)
        arriving.start()
        kills = 0
        try:
            while arriving.is_alive() or len(numbers_in(box)) < count:
                process, before = librarian.start(), len(box.mails)
                until(partial(_more, box, before, count), "a mail")
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(chance.uniform(0, 0.2))
                process.send_signal(signal.SIGKILL)
                process.wait()
                kills += 1
        finally:
            stop.set()
            arriving.join()
        told = numbers_in(box)
        assert sorted(map(int, told.values())) == list(range(count))
        assert kills > 3
        assert len(box.mails) - len(told) <= kills
        with librarian.running():
            librarian.happens(count)
            until(lambda: [row.state for row in barn.outbox()] == ["sent"] * (count + 1), "all to be marked")


def _more(box: Mailbox, before: int, count: int) -> bool:
    return len(box.mails) > before or len(numbers_in(box)) == count


def test_a_mail_that_could_not_be_sent_is_sent_after_a_restart(tmp_path: Path) -> None:
    """The server is down, the librarian is restarted, the server comes back."""
    port = free_port()
    with watched(tmp_path, port) as (librarian, barn):
        with librarian.running():
            librarian.happens(1)
            until(lambda: [row.state for row in barn.outbox() if row.error] == ["waiting"], "the first try")
        assert "refused" in barn.outbox()[0].error
        with mailbox(port) as box, librarian.running():
            until(lambda: box.mails, "the mail")
            until(lambda: barn.outbox()[0].state == "sent", "the mark")
    assert list(numbers_in(box).values()) == ["1"]
    assert barn.outbox()[0].tries >= 2


def test_after_a_rebuild_rules_go_on_where_they_were(tmp_path: Path) -> None:
    """What was told is not told again, and what came since is."""
    now = datetime.now().astimezone() - timedelta(seconds=5)
    us = int(now.timestamp() * 1e6) + MINUTE
    root = tmp_path / "hub"
    lines = write_journal(root, [])
    with world(tmp_path) as barn:
        watching.begin(barn.engine)
        barn.add_rule(rule(trigger="event"))
        for first in (1, 4):
            lines.append([event(number, now) for number in range(first, first + 3)], now.date().isoformat())
            lines.commit(lines.written)
            if first == 1:
                Ingest(barn.engine, root).follow()
                assert watching.follow(barn.engine, us) == 3
        lines.close()
        rebuild.run(barn.engine, root)
        assert [watching.follow(barn.engine, us), watching.follow(barn.engine, us)] == [3, 0]
        assert len(set(barn.causes())) == 6
