"""Releases come and go under load: no stock sender hangs, nothing acknowledged is lost, what fails is taken back."""

import hashlib
import os
import threading
from pathlib import Path
from typing import Self

import imagezmq
import pytest
from nodes import Played, Site, play
from testinfra.host import Host

SOURCES = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
SENDERS = 12
PAUSE_SECONDS = 0.05


class Load:
    """Stock imagezmq senders, as cameras have them, and a list of what was acknowledged."""

    def __init__(self) -> None:
        self.acknowledged: set[str] = set()
        self.refused: list[bytes] = []
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(number,), daemon=True) for number in range(SENDERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and fail if one of them hangs."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(20)
        assert not [thread.name for thread in self._threads if thread.is_alive()], "a sender hangs"

    def _send(self, number: int) -> None:
        sender = imagezmq.ImageSender(connect_to="tcp://127.0.0.1:22145")
        count = 0
        while not self._stopping.wait(PAUSE_SECONDS):
            count += 1
            body = b"\xff\xd8" + os.urandom(5000) + b"\xff\xd9"
            reply = sender.send_jpg(f"node{number} P1|jpg|{count}", body)
            if reply == b"OK":
                self.acknowledged.add(hashlib.sha256(body).hexdigest())
            else:
                self.refused.append(reply)
        sender.close()


def release(datasink: Host, site: Site) -> str:
    """Return the name of the release that is in use."""
    return str(datasink.check_output(f"readlink {site.install}/current")).removeprefix("releases/")


def deploy(source: str | None) -> Played:
    """Deploy a release: one of those made for this test, or with None the project's own."""
    path = SOURCES / source if source else Path(os.environ["MOLECULE_PROJECT_DIRECTORY"]) / "imagehub_src"
    return play("--tags", "deploy", "--extra-vars", f"imagehub_source={path}", playbook="molecule/upgrade/converge.yml")


def stored(datasink: Host, site: Site) -> list[str]:
    """Return the digests of all images on the node."""
    return [
        line.split()[0]
        for line in datasink.check_output(f"find {site.data}/images -name '*.jpg' -exec sha256sum {{}} +").splitlines()
    ]


def assert_kept(datasink: Host, site: Site, senders: Load) -> None:
    """Fail unless all that was acknowledged is there, once, and agrees with the journal."""
    digests = stored(datasink, site)
    assert senders.acknowledged <= set(digests)
    assert len(digests) == len(set(digests)), "something was stored twice"
    assert len(senders.acknowledged) > SENDERS, "the senders did not get to work"
    datasink.check_output(f"{site.service} check")


def test_an_upgrade_under_load_is_not_noticed(datasink: Host, site: Site) -> None:
    """From 0.0.9 to the project's own release: no sender hangs, none is refused, nothing is lost or stored twice."""
    assert release(datasink, site).startswith("0.0.9-")
    with Load() as senders:
        played = deploy(None)
    assert played.status == 0, played.output
    assert not release(datasink, site).startswith("0.0.9-")
    assert senders.refused == []
    assert_kept(datasink, site, senders)


@pytest.mark.parametrize(("broken", "reason"), [("crashing", "broken on purpose"), ("hanging", "no OK within")])
def test_a_release_that_fails_is_taken_back_by_the_same_run(
    datasink: Host, site: Site, broken: str, reason: str
) -> None:
    """The run fails and says why, with the last lines of the log; senders waited, and lost nothing."""
    before = release(datasink, site)
    with Load() as senders:
        played = deploy(broken)
    assert played.status != 0
    assert reason in played.output
    assert f"{before} runs again: tcp://127.0.0.1:5555 answered OK" in played.output.replace("\n", " ")
    assert release(datasink, site) == before
    assert senders.refused == []
    assert_kept(datasink, site, senders)


def test_an_older_release_goes_on_with_the_data_of_a_newer_one(datasink: Host, site: Site) -> None:
    """Back by hand, under load: the older release reads journal and images, and stores on."""
    with Load() as senders:
        played = play("--tags", "rollback", playbook="molecule/upgrade/converge.yml")
    assert played.status == 0, played.output
    assert release(datasink, site).startswith("0.0.9-")
    assert_kept(datasink, site, senders)


def test_any_release_that_is_there_can_be_named(datasink: Host, site: Site) -> None:
    """`imagehub_release` goes to that one, and an unknown name is told with those that there are."""
    other = datasink.check_output(f"readlink {site.install}/previous").removeprefix("releases/")
    assert play("--tags", "rollback", "--extra-vars", f"imagehub_release={other}").status == 0
    assert release(datasink, site) == other
    unknown = play("--tags", "rollback", "--extra-vars", "imagehub_release=9.9.9-none")
    assert unknown.status != 0
    assert "9.9.9-none" in unknown.output


def test_a_release_that_talks_to_its_front_in_another_way_restarts_that_too(datasink: Host, site: Site) -> None:
    """Only then; what waits meanwhile may be answered NOT STORED, and still no sender hangs and nothing is lost."""
    front = f"systemctl show --property MainPID --value {site.service}-front.service"
    before = datasink.check_output(front)
    with Load() as senders:
        played = deploy("talking")
    assert played.status == 0, played.output
    assert "Restart the front of imagehub" in played.changed
    assert datasink.check_output(front) != before
    assert_kept(datasink, site, senders)
