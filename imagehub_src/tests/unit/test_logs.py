"""The service's log goes to journald with its fields, or to a terminal as text."""

import io
import logging
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagehub import logs

SECONDS = 10.0
log = logging.getLogger("imagehub.somewhere")


def decoded(datagram: bytes) -> dict[str, str]:
    """Read journald's native protocol: a name, a line feed, the length in 64 bits, the value, a line feed."""
    fields, at = {}, 0
    while at < len(datagram):
        end = datagram.index(b"\n", at)
        (size,) = struct.unpack_from("<Q", datagram, end + 1)
        value = datagram[end + 9 : end + 9 + size]
        assert datagram[end + 9 + size : end + 10 + size] == b"\n"
        fields[datagram[at:end].decode()] = value.decode()
        at = end + 10 + size
    return fields


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Give the package's logger back as it was."""
    logger = logging.getLogger("imagehub")
    before = logger.handlers[:], logger.propagate, logger.level
    yield
    for handler in logger.handlers:
        if isinstance(handler, logs.JournaldHandler):
            handler.close()
    logger.handlers[:], logger.propagate = before[:2]
    logger.setLevel(before[2])


@pytest.fixture
def journald(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A datagram socket where journald's would be."""
    monkeypatch.setattr(logs, "JOURNALD", str(tmp_path / "journald"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(logs.JOURNALD)
        listener.settimeout(SECONDS)
        yield listener


def start_as_service(level: str, folder: Path) -> None:
    """Start the log as systemd starts a service: its standard error is a stream that journald reads."""
    with (folder / "stderr").open("w") as stream:
        status = os.fstat(stream.fileno())
        logs.start(level, stream, {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})


def test_journald_gets_message_priority_and_fields(journald: socket.socket, tmp_path: Path) -> None:
    """`journalctl IMAGEHUB_NODE=Barn` finds a record, under its identifier and with its weight."""
    start_as_service("info", tmp_path)
    log.warning("%s is silent", "Barn P1", extra={"fields": {"node": "Barn", "view": "P1"}})
    assert decoded(journald.recv(65536)) == {
        "MESSAGE": "Barn P1 is silent",
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "imagehub",
        "IMAGEHUB_NODE": "Barn",
        "IMAGEHUB_VIEW": "P1",
    }


@pytest.mark.parametrize(
    ("level", "priority"),
    [(logging.DEBUG, "7"), (logging.INFO, "6"), (logging.WARNING, "4"), (logging.ERROR, "3"), (logging.CRITICAL, "2")],
)
def test_weights_are_syslogs(journald: socket.socket, tmp_path: Path, level: int, priority: str) -> None:
    """`journalctl -p warning` shows what is a warning or worse."""
    start_as_service("debug", tmp_path)
    log.log(level, "a text")
    assert decoded(journald.recv(65536))["PRIORITY"] == priority


def test_a_text_of_several_lines_is_one_record(journald: socket.socket, tmp_path: Path) -> None:
    """An exception with its traceback, or a line feed in a text, can't be taken for another record or field."""
    start_as_service("info", tmp_path)
    try:
        raise ValueError("first\nPRIORITY=0")
    except ValueError:
        log.exception("failed\nMESSAGE=forged")
    fields = decoded(journald.recv(65536))
    assert fields["MESSAGE"].startswith("failed\nMESSAGE=forged\nTraceback")
    assert fields["MESSAGE"].endswith("ValueError: first\nPRIORITY=0")
    assert fields["PRIORITY"] == "3"


def test_texts_of_any_script_arrive(journald: socket.socket, tmp_path: Path) -> None:
    """A text in UTF-8 is as long as its bytes; what can't be written in it becomes a question mark."""
    start_as_service("info", tmp_path)
    log.info("谷仓 \ud800", extra={"fields": {"node": "गौशाला"}})
    fields = decoded(journald.recv(65536))
    assert (fields["MESSAGE"], fields["IMAGEHUB_NODE"]) == ("谷仓 ?", "गौशाला")


def test_what_journald_does_not_take_goes_to_standard_error(
    journald: socket.socket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While journald is away, or finds a record too large, nothing is lost and nothing fails."""
    start_as_service("info", tmp_path)
    journald.close()
    log.error("journald is away")
    assert capsys.readouterr().err == "journald is away\n"


def test_the_socket_is_found_again_when_journald_restarts(journald: socket.socket, tmp_path: Path) -> None:
    """A record after a restart of journald reaches the new one."""
    start_as_service("info", tmp_path)
    Path(logs.JOURNALD).unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as another:
        another.bind(logs.JOURNALD)
        another.settimeout(SECONDS)
        log.info("a text")
        assert decoded(another.recv(65536))["MESSAGE"] == "a text"


def test_a_terminal_gets_text() -> None:
    """Started by hand, a record is a line with time and weight."""
    stream = io.StringIO()
    logs.start("info", stream, {})
    log.info("listening on %s", "tcp://*:5555", extra={"fields": {"node": "Barn"}})
    date, time, *words = stream.getvalue().split()
    assert (len(date), len(time)) == (10, 12)
    assert words == ["INFO", "listening", "on", "tcp://*:5555"]


@pytest.mark.parametrize("journal_stream", ["", "1:2", "no numbers"])
def test_a_file_beside_a_journal_gets_text(tmp_path: Path, journal_stream: str) -> None:
    """Where standard error was sent to a file journald does not read it, whatever a parent's environment says."""
    with (tmp_path / "log").open("w+") as stream:
        logs.start("info", stream, {"JOURNAL_STREAM": journal_stream})
        log.warning("a text")
        stream.seek(0)
        assert stream.read().endswith("WARNING a text\n")


def test_the_level_holds_at_once() -> None:
    """What weighs less than the level is not written, and a reload changes that."""
    stream = io.StringIO()
    logs.start("warning", stream, {})
    log.info("too light")
    logs.set_level("debug")
    log.debug("heavy enough")
    assert [line.split()[-1] for line in stream.getvalue().splitlines()] == ["enough"]


def test_starting_again_writes_each_record_once() -> None:
    """A log that is started anew replaces the one before."""
    streams = [io.StringIO(), io.StringIO()]
    for stream in streams:
        logs.start("info", stream, {})
    log.info("a text")
    assert [stream.getvalue().count("a text") for stream in streams] == [0, 1]


def test_no_record_goes_to_the_root_logger(caplog: pytest.LogCaptureFixture) -> None:
    """A program that logs by itself does not write our records a second time."""
    logs.start("info", io.StringIO(), {})
    log.info("a text")
    assert caplog.records == []
