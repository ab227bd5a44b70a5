"""What keeps a session from beginning is said in a line, with the setting to mend."""

import sys
import threading
from pathlib import Path

import pytest

from imagehub.errors import MissingExtraError
from imagehub.librarian import settings
from imagehub.librarian.mqtt import connection
from imagehub.librarian.settings import Mqtt


def given(folder: Path, text: str) -> Mqtt:
    """Return settings with a broker."""
    return settings.parse(f"mqtt:\n  broker: 127.0.0.1\n{text}", folder).mqtt


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  user: me\n  password_file: missing\n", r"mqtt\.password_file .*/missing: No such file"),
        ("  user: me\n  password_file: binary\n", r"mqtt\.password_file .*/binary: it is not UTF-8"),
        ("  tls: true\n  ca_file: missing\n", r"mqtt\.ca_file .*/missing: No such file"),
        ("  tls: true\n  ca_file: binary\n", r"mqtt\.ca_file .*/binary: "),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_named(tmp_path: Path, text: str, said: str) -> None:
    """With the setting that names it."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with (
        pytest.raises(ConnectionError, match=said),
        connection.connected(given(tmp_path, text), "name", lambda *_: None, lambda: None, threading.Event()),
    ):
        pass


def test_an_identity_is_one_that_each_broker_takes() -> None:
    """MQTT 3.1.1 promises 23 letters and digits; different librarians have different ones."""
    one, other = connection._identity("/a imagehub"), connection._identity("/b imagehub")
    assert one != other
    assert one.isalnum()
    assert len(one) <= 23


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it."""
    for name in ("paho", "paho.mqtt", "paho.mqtt.client"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"mqtt\.broker .*imagehub\[mqtt\]"):
        connection.require_client()
