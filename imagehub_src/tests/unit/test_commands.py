"""Commands wait for their node on disk, survive whatever ends a process, and are handed out once."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagehub import check, commanding, commands, wire
from imagehub.commands import FOLDER, LOOK_SECONDS, Queue
from imagehub.errors import DataDirectoryError, ImagehubError
from imagehub.testing import FakeClock
from requirements_here import require

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
BARN = wire.camera("Barn P1")


def add(root: Path, *texts: str, node: str = "Barn") -> list[str]:
    """Queue commands and return their ids."""
    return [commands.add(root, node, text, NOW).id for text in texts]


def drained(queue: Queue, name: str = "Barn P1") -> list[str]:
    """Return the commands that a sender gets, one reply after the other."""
    found = []
    while not queue.is_empty() and (command := queue.take(wire.camera(name))):
        found.append(command.text)
    return found


def test_commands_are_handed_out_in_order_and_once(tmp_path: Path) -> None:
    """The one that was queued first goes first; a new process finds none that was handed over."""
    first, *_ = add(tmp_path, "SendFrames 1", "SendFrames 2", "SendFrames 3")
    queue = Queue(tmp_path)
    assert not queue.is_empty()
    assert queue.take(BARN) == commands.Command(first, "Barn", "SendFrames 1", NOW.isoformat())
    assert drained(Queue(tmp_path)) == ["SendFrames 2", "SendFrames 3"]
    assert list((tmp_path / FOLDER).iterdir()) == []


@pytest.mark.parametrize(
    ("node", "sender", "meant"),
    [
        ("Barn", "Barn P1", True),
        ("Barn", "Barn", True),
        ("Barn P1", "Barn P1", True),
        ("Barn P1", "Barn  P1", True),
        ("Barn P1", "Barn P2", False),
        ("Barn P1", "Barn", False),
        ("Barn", "Barn2", False),
        ("barn", "Barn", False),
        ("Barn P", "Barn P1", False),
    ],
)
def test_a_command_is_for_a_node_or_for_one_of_its_views(tmp_path: Path, node: str, sender: str, meant: bool) -> None:
    """The name is the whole one, with regard to case; patterns are none."""
    add(tmp_path, "ReloadYaml", node=node)
    assert drained(Queue(tmp_path), sender) == (["ReloadYaml"] if meant else [])


def test_others_keep_their_place(tmp_path: Path) -> None:
    """What waits for a node that is away holds back no command for another."""
    add(tmp_path, "first", node="Gate")
    add(tmp_path, "second")
    queue = Queue(tmp_path)
    assert drained(queue) == ["second"]
    assert drained(queue, "Gate") == ["first"]


@pytest.mark.parametrize(
    "text", ["", "  ", "OK", "OK then", "NOT STORED disk full", "a\nb", "a\0b", "\u202eevil", "x" * 201, "\ud800"]
)
def test_what_no_reply_can_carry_is_no_command(tmp_path: Path, text: str) -> None:
    """Empty, long or unprintable ones, and those that look like the hub's own replies, are refused."""
    with pytest.raises(ImagehubError, match="a command"):
        commands.add(tmp_path, "Barn", text, NOW)
    assert commands.listed(tmp_path) == []


@pytest.mark.parametrize("node", ["", "../../etc", "Barn/P1", ".hidden", "x" * 101, "Barn\n"])
def test_what_no_node_can_be_called_has_no_commands(tmp_path: Path, node: str) -> None:
    """Names are those of the wire."""
    with pytest.raises(ImagehubError, match="nobody is called"):
        commands.add(tmp_path, node, "ReloadYaml", NOW)


@given(st.text(max_size=120), st.text(max_size=220))
def test_whatever_is_queued_is_handed_out_as_it_is_or_refused(node: str, text: str) -> None:
    """No name and no text gets a path or a reply of its own."""
    try:
        name, words = commands.check(node, text)
    except ImagehubError:
        return
    assert commands.check(name, words) == (name, words)
    assert words.isprintable()
    assert not words.startswith(("OK", "NOT STORED"))


def test_names_stand_in_no_path(tmp_path: Path) -> None:
    """A file's name has digits and letters of the hub's choice."""
    add(tmp_path, "ReloadYaml", node="谷仓 .. x")
    (path,) = (tmp_path / FOLDER).iterdir()
    assert path.name.startswith("000000000001-")
    assert path.name.isascii()


def test_a_command_that_is_cancelled_is_handed_to_nobody(tmp_path: Path) -> None:
    """Also where the hub knows of it already; to cancel twice says that none waits."""
    first, second = add(tmp_path, "SendFrames 1", "SendFrames 2")
    queue = Queue(tmp_path)
    assert not queue.is_empty()
    assert commands.cancel(tmp_path, first).text == "SendFrames 1"
    assert drained(queue) == ["SendFrames 2"]
    for gone in (first, second, "../../journal/committed"):
        with pytest.raises(ImagehubError, match="waits; it may have been handed over"):
            commands.cancel(tmp_path, gone)


def test_the_folder_is_looked_at_four_times_a_second_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many messages come, and what is new is seen after a quarter of a second."""
    clock, listdir = FakeClock(), os.listdir
    looks: list[Path] = []

    def counted(path: Path) -> list[str]:
        looks.append(path)
        return listdir(path)

    monkeypatch.setattr(os, "listdir", counted)
    (tmp_path / FOLDER).mkdir()
    queue = Queue(tmp_path, clock.monotonic)
    for _ in range(1000):
        assert queue.is_empty()
    assert len(looks) == 1
    add(tmp_path, "SendFrames 1")
    assert queue.is_empty()
    clock.pass_(LOOK_SECONDS)
    assert not queue.is_empty()


def test_what_can_not_be_forgotten_is_not_handed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node would obey it again after each restart; it goes on waiting."""
    add(tmp_path, "SendFrames 1")
    queue = Queue(tmp_path)
    assert not queue.is_empty()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", _refuse)
        with pytest.raises(PermissionError):
            queue.take(BARN)
    assert drained(Queue(tmp_path)) == ["SendFrames 1"]


def _refuse(path: Path, missing_ok: bool = False) -> None:
    raise PermissionError(13, "Permission denied", str(path))


@contextmanager
def all_at_once(works: list[threading.Thread]) -> Iterator[None]:
    """Run threads beside the body."""
    for work in works:
        work.start()
    yield
    for work in works:
        work.join()


def test_many_who_queue_while_two_hand_out_lose_none_and_double_none(tmp_path: Path) -> None:
    """Each command goes out exactly once, those of one sender in their order."""
    got: list[str] = []

    def queue_many(name: str) -> None:
        add(tmp_path, *(f"{name} {number}" for number in range(20)))

    hub = Queue(tmp_path, monotonic=iter(range(1 << 30)).__next__)
    with all_at_once([threading.Thread(target=queue_many, args=(name,)) for name in "ABC"]):
        while len(got) < 60:
            got += drained(hub)
    assert sorted(got) == sorted(f"{name} {number}" for name in "ABC" for number in range(20))
    for name in "ABC":
        assert [text for text in got if text[0] == name] == [f"{name} {number}" for number in range(20)]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"node": "Barn"}', b'{"node": "..", "text": "x", "queued": ""}'])
def test_a_damaged_command_is_named_and_handed_to_nobody(tmp_path: Path, body: bytes) -> None:
    """`imagehub check` names the file; the others go out."""
    add(tmp_path, "SendFrames 1")
    (tmp_path / FOLDER / "000000000000-00000000.json").write_bytes(body)
    for name in ("images", "journal"):
        (tmp_path / name).mkdir()
    report = check.check(tmp_path)
    assert report.commands == 1
    (difference,) = report.differences
    assert difference.startswith("commands/000000000000-00000000.json: no command can be read from it")
    assert drained(Queue(tmp_path)) == ["SendFrames 1"]


def test_who_is_ended_while_queueing_leaves_nothing_that_counts(tmp_path: Path) -> None:
    """A file without its final name is no command; the hub deletes it when it starts, an hour later or more."""
    (tmp_path / FOLDER).mkdir()
    old, new = (tmp_path / FOLDER / f".00000000000{number}-00000000.new" for number in (1, 2))
    for path in (old, new):
        path.write_text('{"node": "Barn"')
    os.utime(old, (1, 1))
    assert commands.listed(tmp_path) == []
    commands.tidy(tmp_path)
    assert (old.exists(), new.exists()) == (False, True)


def test_what_root_queues_belongs_to_the_hub(tmp_path: Path) -> None:
    """`sudo imagehub command` leaves nothing that the hub's own user can't read and delete, whatever root's umask."""
    require(os.geteuid() == 0, "root, who can give files away")
    os.chown(tmp_path, 12345, 12346)
    before = os.umask(0o077)
    try:
        add(tmp_path, "ReloadYaml")
    finally:
        os.umask(before)
    (path,) = (tmp_path / FOLDER).iterdir()
    assert [(each.stat().st_uid, each.stat().st_gid) for each in (path.parent, path)] == [(12345, 12346)] * 2


def test_a_full_disk_queues_nothing_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says where; no half of a command is left."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataDirectoryError, match="No space left on device"):
        commands.add(tmp_path, "Barn", "ReloadYaml", NOW)
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_no_more_wait_than_a_hub_likes_to_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that runs wild is told to stop."""
    monkeypatch.setattr(commands, "MOST_WAITING", 2)
    add(tmp_path, "1", "2")
    with pytest.raises(ImagehubError, match="2 commands wait already"):
        commands.add(tmp_path, "Barn", "3", NOW)


# What people type


def typed(
    root: Path, *, node: str | None = None, text: str | None = None, list_: bool = False, cancel: str | None = None
) -> int:
    """Run the command on a hub's data directory."""
    (root / "journal").mkdir(exist_ok=True)
    return commanding.run(root, node, text, list_, cancel)


def test_what_waits_is_listed_and_taken_back_by_its_id(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each line has id, time, node and command; a node's name leaves the others away."""
    typed(tmp_path, node="Barn", text="SendFrames 10")
    typed(tmp_path, node="Gate", text="ReloadYaml")
    assert "waits for the next message of Barn: SendFrames 10" in capsys.readouterr().out
    typed(tmp_path, list_=True, node="Barn")
    number, _, node, text = capsys.readouterr().out.strip().split("  ")
    assert (node, text) == ("Barn", "SendFrames 10")
    typed(tmp_path, cancel=number)
    typed(tmp_path, list_=True)
    cancelled, left = capsys.readouterr().out.splitlines()
    assert cancelled == "cancelled for Barn: SendFrames 10"
    assert left.endswith("  Gate  ReloadYaml")


@pytest.mark.parametrize(
    "words", [{}, {"node": "Barn"}, {"node": "Barn", "text": "x", "list_": True}, {"cancel": "1", "node": "B"}]
)
def test_words_that_do_not_fit_are_told_what_would(tmp_path: Path, words: dict[str, object]) -> None:
    """Nothing is queued then."""
    with pytest.raises(ImagehubError, match="give a node and a command"):
        typed(tmp_path, **words)  # type: ignore[arg-type]
    assert commands.listed(tmp_path) == []


def test_where_no_hub_stores_nothing_is_queued(tmp_path: Path) -> None:
    """A command that no hub would find is refused."""
    with pytest.raises(DataDirectoryError, match="no hub's data"):
        commanding.run(tmp_path, "Barn", "ReloadYaml", False, None)


def test_the_file_is_plain_json(tmp_path: Path) -> None:
    """Whoever looks into the folder can read what waits."""
    add(tmp_path, "SendFrames 10")
    (path,) = (tmp_path / FOLDER).iterdir()
    assert json.loads(path.read_text()) == {"node": "Barn", "text": "SendFrames 10", "queued": NOW.isoformat()}
