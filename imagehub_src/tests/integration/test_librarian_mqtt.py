"""A librarian beside a real broker: who listens there sees the cameras, whoever comes and goes."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from brokers import Broker, Ear, running_broker
from certificates import certificate
from databases import mariadb, postgresql
from hub_directories import HubDirectory
from imagehub.librarian import catalog, settings
from imagehub.librarian.ingest import Ingest
from imagehub.librarian.mqtt import connection
from imagehub.librarian.mqtt import publisher as publisher_module
from imagehub.librarian.mqtt.lookup import Lookup
from imagehub.librarian.mqtt.news import News, Seen
from imagehub.librarian.mqtt.publisher import Publisher
from librarians import Librarian, running_librarian
from running import free_port, until

BARN = "imagehub/Barn/P1"
CONFIG = "homeassistant/device/imagehub__Barn__P1/config"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubDirectory]:
    """Give a hub directory with a picture and a reading, neither of which is news."""
    made, before = HubDirectory(tmp_path / "hub"), datetime.now(UTC) - timedelta(minutes=10)
    made.image("Barn", "P1", b"first picture", before)
    made.event("Barn", "P1", "Temp", "74 F", before)
    yield made
    made.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """Give a broker that lets everybody in."""
    with running_broker(tmp_path / "broker") as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Give a catalog in each kind of database."""
    servers = {"postgresql": postgresql, "mariadb": mariadb}
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
        if request.param in servers:
            url = stack.enter_context(servers[request.param](tmp_path / "server"))
        made = catalog.connect(url)
        stack.callback(made.dispose)
        yield made


def at(broker: Broker, **more: Any) -> dict[str, Any]:
    """Return the settings for a broker."""
    return {"broker": "127.0.0.1", "port": broker.port, "picture_seconds": 0} | more


@pytest.fixture
def librarian(tmp_path: Path, hub: HubDirectory, broker: Broker) -> Iterator[Librarian]:
    """Give a librarian that publishes to the broker."""
    with running_librarian(tmp_path / "librarian", hub.root, mqtt=at(broker)) as made:
        yield made


@pytest.mark.usefixtures("librarian")
def test_a_newcomer_sees_the_cameras(broker: Broker) -> None:
    """Whether the librarian is there, picture, state, readings and discovery are retained; no event is."""
    with Ear(broker.port) as first:
        first.wait_for(CONFIG)
    with Ear(broker.port) as ear:
        assert ear.wait_for("imagehub/status") == b"online"
        assert ear.wait_for(f"{BARN}/picture") == b"first picture"
        assert ear.wait_for(f"{BARN}/temperature") == b"74"
        assert ear.wait_for_json(f"{BARN}/state")["status"] == "online"
        assert ear.wait_for_json(CONFIG)["availability_topic"] == "imagehub/status"
        assert all(heard.retained for heard in ear.heard)
        assert not [heard for heard in ear.heard if heard.topic.endswith("/event")]


@pytest.mark.usefixtures("librarian")
def test_what_arrives_is_published(broker: Broker, hub: HubDirectory) -> None:
    """An event as it comes, and the latest picture."""
    with Ear(broker.port) as ear:
        ear.wait_for(CONFIG)
        hub.event("Barn", "P1", "motion", "moving")
        assert ear.wait_for_json(f"{BARN}/event")["text"] == "Barn P1|motion|moving"
        ear.wait_for(f"{BARN}/motion", b"ON")
        hub.image("Barn", "P1", b"second picture")
        ear.wait_for(f"{BARN}/picture", b"second picture")
        hub.event("Süd/Ost", "#", "Humidity", "55 %")
        ear.wait_for("imagehub/Süd%2FOst/%23/humidity", b"55")


def test_a_killed_librarian_is_offline(broker: Broker, librarian: Librarian) -> None:
    """The broker says so; the next one is online, also when it comes at once."""
    with Ear(broker.port) as ear:
        ear.wait_for("imagehub/status", b"online")
        librarian.stop(signal.SIGKILL)
        ear.wait_for("imagehub/status", b"offline")
        librarian.start()
        until(lambda: ear.latest("imagehub/status") == b"online", "the next librarian")


def test_a_librarian_that_ends_is_offline(broker: Broker, librarian: Librarian) -> None:
    """It says so itself, and ends with exit code 0."""
    with Ear(broker.port) as ear:
        ear.wait_for("imagehub/status", b"online")
        assert librarian.stop() == 0
        ear.wait_for("imagehub/status", b"offline")


def test_a_broker_that_returns_is_told_all(broker: Broker, librarian: Librarian, hub: HubDirectory) -> None:
    """Also what came meanwhile; the log has one line about it."""
    with Ear(broker.port) as ear:
        ear.wait_for(CONFIG)
        broker.stop()
        hub.event("Barn", "P1", "Temp", "75 F")
        until(lambda: "trying again" in librarian.output(), "a line about the broker")
        broker.start()
        until(lambda: ear.count(CONFIG) > 1, "discovery, again")
        ear.wait_for(f"{BARN}/temperature", b"75")
        assert ear.wait_for_json(f"{BARN}/event")["value"] == 75
        until(lambda: ear.latest("imagehub/status") == b"online", "online, again")


@pytest.mark.usefixtures("librarian")
def test_home_assistant_is_told_all_when_it_starts(broker: Broker) -> None:
    """It says `online` then."""
    with Ear(broker.port) as ear:
        ear.wait_for(CONFIG)
        before = ear.count(CONFIG), ear.count(f"{BARN}/picture")
        ear.send("homeassistant/status", "online")
        until(lambda: ear.count(CONFIG) > before[0] and ear.count(f"{BARN}/picture") > before[1], "all, again")


def test_nothing_waits_for_a_broker(tmp_path: Path, hub: HubDirectory) -> None:
    """Where none answers, the librarian works and ends as ever, and one line says what is missing."""
    section = {"broker": "127.0.0.1", "port": free_port()}
    with running_librarian(tmp_path / "librarian", hub.root, mqtt=section) as librarian:
        until(lambda: "Connection refused; trying again" in librarian.output(), "a line about the broker")
        assert librarian.stop() == 0


def test_a_broker_that_hangs_keeps_nobody_from_ending(broker: Broker, librarian: Librarian, hub: HubDirectory) -> None:
    """Not even with a large picture on its way."""
    with Ear(broker.port) as ear:
        ear.wait_for(CONFIG)
    with broker.frozen():
        hub.image("Barn", "P1", bytes(16_000_000))
        until(lambda: sending(broker.port), "the picture to be on its way")
        assert librarian.stop() == 0


def sending(port: int) -> bool:
    """Tell whether bytes wait for a port in the kernel that nobody takes."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(int(row[2].partition(":")[2], 16) == port and int(row[4].partition(":")[0], 16) > 0 for row in rows)


def password_lines(folder: Path, password: str) -> list[str]:
    """Return the lines for a broker that knows the user `librarian` alone."""
    folder.mkdir()
    file = folder / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(file), "librarian", password], check=True, capture_output=True)
    return ["allow_anonymous false", f"password_file {file}"]


def test_a_connection_is_encrypted_and_signed_in(tmp_path: Path, hub: HubDirectory) -> None:
    """With the certificate to trust in `ca_file` and the password in `password_file`."""
    pair = certificate(tmp_path / "tls")
    lines = [f"certfile {pair.certificate}", f"keyfile {pair.key}"]
    (tmp_path / "password").write_text("geheim\n")
    with running_broker(tmp_path / "broker", *lines, *password_lines(tmp_path / "users", "geheim")) as broker:
        more = {"tls": True, "ca_file": str(pair.certificate), "user": "librarian"}
        section = at(broker, password_file=str(tmp_path / "password"), **more)
        with (
            running_librarian(tmp_path / "librarian", hub.root, mqtt=section),
            Ear(broker.port, "librarian", "geheim", pair.certificate) as ear,
        ):
            assert ear.wait_for(f"{BARN}/picture") == b"first picture"


@pytest.mark.parametrize("more", [{"tls": True}, {}])
def test_a_broker_that_speaks_otherwise_is_explained(tmp_path: Path, hub: HubDirectory, more: dict[str, Any]) -> None:
    """A certificate that nobody vouches for, and no TLS where TLS is: a line names the settings."""
    pair = certificate(tmp_path / "tls")
    lines = ["allow_anonymous true", f"certfile {pair.certificate}", f"keyfile {pair.key}"]
    with (
        running_broker(tmp_path / "broker", *lines) as broker,
        running_librarian(tmp_path / "librarian", hub.root, mqtt=at(broker, **more)) as librarian,
    ):
        until(lambda: "check mqtt." in librarian.output(), "advice")
        assert ("self-signed certificate" if more else "mqtt.tls") in librarian.output()


def test_a_wrong_password_is_said_once(tmp_path: Path, hub: HubDirectory) -> None:
    """With the settings to mend, and without the password; the librarian tries on."""
    (tmp_path / "password").write_text("falsch")
    with running_broker(tmp_path / "broker", *password_lines(tmp_path / "users", "geheim")) as broker:
        section = at(broker, user="librarian", password_file=str(tmp_path / "password"))
        with running_librarian(tmp_path / "librarian", hub.root, mqtt=section) as librarian:
            until(lambda: broker.log().count("not authorised") > 1, "a second try")
            output = librarian.output()
            assert output.count("check mqtt.user and mqtt.password_file") == 1
            assert "falsch" not in output
            (tmp_path / "password").write_text("geheim")
            with Ear(broker.port, "librarian", "geheim") as ear:
                ear.wait_for("imagehub/status", b"online")


@pytest.mark.usefixtures("librarian")
def test_flows_get_their_answers(broker: Broker, hub: HubDirectory) -> None:
    """On the topics of imagehub-librarian, for paths as another machine sees them."""
    path = f"/data/volumes/imagehub_data/{hub.image('Street', 'P1', b'car')}"
    with Ear(broker.port) as ear:
        ear.wait_for("imagehub/Street/P1/picture", b"car")
        ear.send("image/id_objects/get_objects", path)
        assert ear.wait_for_json("image/id_objects/count") == {
            "filename": Path(path).name,
            "isfile": True,
            "error": "this librarian does not detect objects",
        }
        ear.send("image/alpr/get_license", json.dumps({"filename": [path, "/etc/passwd"]}))
        assert ear.wait_for_json("image/alpr/results")["results"] == []
        ear.send("image/information", json.dumps({"filename": path}))
        assert ear.wait_for_json("image/information/results")["node"] == "Street"


def test_other_parts_know_what_was_published(broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is acknowledged, or an error: for a broker that hangs, and for one that is gone."""
    monkeypatch.setattr(publisher_module, "SECONDS", 1.0)
    given = settings.parse(f"mqtt:\n  broker: 127.0.0.1\n  port: {broker.port}\n", tmp_path).mqtt
    publisher, broken = Publisher(), threading.Event()
    with (
        connection.connected(given, "test", lambda *_: None, broken.set, threading.Event()) as session,
        Ear(broker.port) as ear,
    ):
        publisher.use(session)
        publisher.publish("rules/door", b"somebody")
        assert ear.wait_for("rules/door") == b"somebody"
        with pytest.raises(ValueError, match="wildcard"):
            publisher.publish("rules/#", b"")
        with broker.frozen(), pytest.raises(ConnectionError, match="does not acknowledge"):
            publisher.publish("rules/door", b"somebody else")
        broker.stop()
        assert broken.wait(30)
        with pytest.raises(ConnectionError, match="closed"):
            publisher.publish("rules/door", b"nobody")


def test_each_database_tells_the_same(engine: Engine, hub: HubDirectory) -> None:
    """Cameras, events since, and images by their names."""
    name = hub.image("Shed", "P2").rpartition("/")[2]
    hub.event("Barn", "P1", "motion", "moving")
    Ingest(engine, hub.root).follow()
    news = News(engine, hub.root)
    barn, shed = sorted(news.cameras(), key=lambda camera: camera.node)
    assert (barn.images, barn.events, set(barn.readings)) == (1, 2, {"temperature", "motion"})
    seen, happenings, senders = news.since(Seen(0, 0), 0)
    assert (seen, [one.kind for one in happenings]) == (news.newest(), ["temperature", "motion"])
    assert senders == {barn.id, shed.id}
    lookup = Lookup(engine, hub.root, news)
    found = lookup.image(name)
    assert found
    assert lookup.describe(found)["view"] == "P2"


def test_a_missing_extra_is_named_at_the_start(tmp_path: Path, hub: HubDirectory) -> None:
    """In one line, with exit code 1: nobody waits for a broker that is never spoken to."""
    Librarian(tmp_path / "librarian", hub.root, mqtt={"broker": "127.0.0.1"})
    code = (
        "import sys; sys.modules['paho'] = None; from imagehub.librarian import cli; sys.exit(cli.main(sys.argv[1:]))"
    )
    words = [sys.executable, "-c", code, "run", "--path", str(tmp_path / "librarian")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "pip install 'imagehub[mqtt]'" in done.stderr
