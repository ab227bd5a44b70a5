"""Requests are answered whatever they are, and what they ask for is done once."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from colonies import FakeWorld
from imagehub.colony import protocol
from imagehub.colony.agent.desk import Desk
from imagehub.colony.agent.logring import LogRing
from imagehub.colony.agent.stage import Terms
from imagehub.colony.protocol import Reply, Request
from imagehub.colony.recording.plan import Plan
from imagehub.node.cameras.camera import Mode
from running import until

PLAN = Plan("left", "barn__first", "barn", "20260131_120000", Mode((640, 480), 30), max_seconds=60)
ARM: dict[str, Any] = {
    "plan": protocol.plan_to_json(PLAN),
    "source": "x",
    "data_path": "",
    "lost_conductor_seconds": 10,
}


class Asked:
    """A desk that is asked, with time of its own."""

    def __init__(self, folder: Path) -> None:
        self.world = FakeWorld()
        self.seconds = 0.0
        world = replace(self.world.surroundings(), monotonic=lambda: self.seconds)
        self.desk = Desk(Terms("left", "", folder), LogRing(), world)
        self._number = 0

    def ask(self, ask: str, number: str = "", **fields: Any) -> Reply:
        """Ask and wait for the reply."""
        self._number += 1
        request = Request(number or str(self._number), ask, fields)
        answer = self.desk.answer(protocol.encode(request), 123)
        return answer.result(10) if isinstance(answer, Future) else answer


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    """Give a desk, and close it afterwards."""
    found = Asked(tmp_path)
    yield found
    found.desk.close()


def start(asked: Asked) -> None:
    """Have it record."""
    assert asked.ask("arm", **ARM).ok
    assert asked.ask("start", at_ns=time.time_ns() + 10**9).ok


def test_a_request_that_comes_again_is_done_once_and_answered_alike(asked: Asked) -> None:
    """Both its replies are the same one."""
    first, second = asked.ask("arm", "7", **ARM), asked.ask("arm", "7", **ARM)
    assert first is second
    assert first.ok
    assert len(asked.world.recorders) == 1
    assert not asked.ask("arm", "8", **ARM).ok


def test_what_is_refused_says_why_and_leaves_the_state(asked: Asked) -> None:
    """The reply has both."""
    reply = asked.ask("start", at_ns=5)
    assert (reply.ok, reply.state) == (False, "idle")
    assert "arm it first" in reply.why


def test_what_is_no_request_is_answered(asked: Asked) -> None:
    """With what is wrong with it."""
    reply = asked.desk.answer(b"junk", 0)
    assert isinstance(reply, Reply)
    assert (reply.ok, reply.why) == (False, "the message is no JSON")


def test_a_surprise_is_an_answer_too(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not end the agent."""
    monkeypatch.setattr(asked.desk.stage, "arm", lambda *_: 1 / 0)
    reply = asked.ask("arm", **ARM)
    assert (reply.ok, reply.why) == (False, "ZeroDivisionError: division by zero")
    assert asked.ask("state").ok


def test_the_clock_is_told_with_when_the_question_came(asked: Asked) -> None:
    """By the agent's clock."""
    asked.world.ahead_ns = 10**12
    fields = asked.ask("clock").fields
    assert fields["received_ns"] == 123
    assert abs(fields["answered_ns"] - time.time_ns() - 10**12) < 10**10


def test_a_recording_that_must_end_is_ended(asked: Asked) -> None:
    """By the agent itself, without a conductor."""
    start(asked)
    asked.world.ahead_ns = 62 * 10**9
    asked.desk.look()
    until(lambda: asked.ask("state").state == "idle", "the end")
    assert asked.ask("state").fields["ended"] == "max_acquisition_time"


def test_a_lost_conductor_is_logged_once_and_the_recording_goes_on(
    asked: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    """Data first."""
    caplog.set_level("INFO", logger="imagehub.colony")
    start(asked)
    for asked.seconds in (9.0, 11.0, 12.0):
        asked.desk.look()
    assert caplog.text.count("no conductor for 11 s: the recording goes on") == 1
    assert asked.ask("state").state == "recording"
    assert "the conductor is back" in caplog.text


def test_files_are_not_given_out_while_recording(asked: Asked) -> None:
    """The disk is for the recording."""
    start(asked)
    where: dict[str, Any] = {"data_path": "", "group": "barn", "name": "barn__first", "instance": "left"}
    assert "stop it first" in asked.ask("files", **where).why
    asked.ask("stop")
    (entry,) = asked.ask("files", **where).fields["files"]
    reply = asked.ask("fetch", **where, path=entry["path"], offset=10, size=5)
    assert len(reply.data) == 5
    assert until(lambda: asked.ask("sum", **where, path=entry["path"]).fields["sha256"], "the checksum")


def test_what_keeps_the_clock_is_told(asked: Asked) -> None:
    """In words that go over the wire."""
    assert set(json.loads(json.dumps(asked.ask("clock_source").fields))) == {"kind", "synchronised", "detail"}


def test_closing_finishes_a_recording(tmp_path: Path) -> None:
    """Its files are closed then."""
    asked = Asked(tmp_path)
    start(asked)
    asked.desk.close()
    assert asked.world.recorders[0].stops == 1
