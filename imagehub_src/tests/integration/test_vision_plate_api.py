"""Plate Recognizer's API, against a server that speaks its documented answers."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from happenings import World, world
from imagehub.errors import ImagehubError, SettingsError
from imagehub.librarian.catalog import writing
from imagehub.librarian.settings import Settings, parse
from imagehub.librarian.vision import plates
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.plates import platerecognizer, quota
from imagehub.librarian.vision.plates.platerecognizer import PlateApiError, PlateRecognizer, QuotaError
from imagehub.librarian.vision.seeing import PictureError
from media import decoded
from plate_services import TOKEN, Service, answer, result, service
from running import free_port

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CAR = Box(0.1, 0.1, 0.8, 0.8)
PICTURE = np.full((240, 320, 3), 90, np.uint8)


class Site:
    """A service, a catalog that counts its calls, and how long a reader paused."""

    def __init__(self, said: Service, there: World) -> None:
        self.said, self.world = said, there
        self.pauses: list[float] = []

    def reader(
        self, token: str = TOKEN, calls: int = 2500, url: str = "", regions: tuple[str, ...] = ()
    ) -> PlateRecognizer:
        """Return a reader."""
        url = url or self.said.url
        return PlateRecognizer(url, TOKEN, regions, calls, self.world.engine, lambda: NOW, self.pauses.append)

    def calls(self) -> int:
        """Return how many calls were counted."""
        with self.world.engine.connect() as connection:
            return quota.state(connection, NOW, 2500).calls


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Give a service and a catalog."""
    with service() as said, world(tmp_path) as there:
        yield Site(said, there)


def test_reads_the_documented_answer(site: Site) -> None:
    """Plates become capital letters and digits, boxes parts of the picture; the form is as documented."""
    site.said.say(201, answer(result("nhk552", 0.904)))
    [found] = site.reader(regions=("gb", "us-tx")).read(PICTURE, [CAR])
    assert (found.text, found.region, found.score) == ("NHK552", "gb", 0.904)
    assert found.box == pytest.approx((140 / 320, 100 / 240, 80 / 320, 20 / 240))
    asked = site.said.asked[-1]
    assert (asked["token"], asked["regions"]) == (f"Token {TOKEN}", ["gb", "us-tx"])
    assert decoded(asked["upload"][0]).shape == PICTURE.shape
    assert site.calls() == 1


def test_plates_outside_of_the_vehicles_do_not_count(site: Site) -> None:
    """The camera's user may have said where not to look; without a vehicle nobody is asked."""
    site.said.say(200, answer(result("nhk552"), result("abc123", left=2, top=2)))
    assert [one.text for one in site.reader().read(PICTURE, [Box(0.3, 0.3, 0.6, 0.6)])] == ["NHK552"]
    assert site.reader().read(PICTURE, []) == []
    assert site.calls() == 1


def test_a_large_picture_is_sent_smaller(site: Site) -> None:
    """Boxes are those of the picture all the same."""
    site.said.say(201, answer(result("nhk552", left=1250, top=625)))
    [found] = site.reader().read(np.zeros((2500, 5000, 3), np.uint8), [CAR])
    assert found.box[:2] == pytest.approx((0.5, 0.5))
    assert decoded(site.said.asked[-1]["upload"][0]).shape == (1250, 2500, 3)


def test_waits_where_the_service_asks_for_it(site: Site) -> None:
    """One picture is one call, however often it was sent; what the service says goes, up to a limit."""
    site.said.say(429)
    site.said.say(429, Retry_After="3")
    site.said.say(429, Retry_After="3600")
    site.said.say(201, answer())
    assert site.reader().read(PICTURE, [CAR]) == []
    assert site.pauses == [1.0, 3.0, 10.0]
    assert site.calls() == 1


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (403, "403 Forbidden; the token is wrong, or the account has no calls left"),
        (401, "401 Unauthorized; the token is wrong"),
        (429, "429 Too Many Requests; it was called too often"),
        (500, "500 Internal Server Error"),
        (503, "503 Service Unavailable"),
        (400, "400 Bad Request"),
    ],
)
def test_what_is_refused_is_told_and_does_not_count(site: Site, status: int, reason: str) -> None:
    """The worker tries again later; the call is given back."""
    site.said.say(status)
    with pytest.raises(PlateApiError, match=reason) as raised:
        site.reader().read(PICTURE, [CAR])
    assert not isinstance(raised.value, PictureError)
    assert site.calls() == 0


def test_a_picture_that_is_too_large_is_never_tried_again(site: Site) -> None:
    """It would be refused each time."""
    site.said.say(413)
    with pytest.raises(PictureError, match="too large"):
        site.reader().read(PICTURE, [CAR])


def test_a_redirection_is_not_followed(site: Site) -> None:
    """The token goes to no other address."""
    site.said.say(302, Location=site.said.url + "elsewhere")
    with pytest.raises(PlateApiError, match="302 Found; it is not followed"):
        site.reader().read(PICTURE, [CAR])
    assert [asked["path"] for asked in site.said.asked] == ["/v1/statistics/", "/v1/plate-reader/"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"results": 7}',
        b'{"results": [{}]}',
        b'{"results": [null]}',
        b'{"results": [{"plate": "a", "score": "x"}]}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_garbage_is_told(site: Site, body: bytes) -> None:
    """An answer of another kind is an error, and none is fatal."""
    site.said.say(201, body)
    with pytest.raises(PlateApiError, match="not as documented"):
        site.reader().read(PICTURE, [CAR])


def test_an_endless_answer_is_cut(site: Site) -> None:
    """Memory is bounded."""
    site.said.say(201, b" " * (2 << 20))
    with pytest.raises(PlateApiError, match="too long"):
        site.reader().read(PICTURE, [CAR])


def test_a_slow_service_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker goes on after the time limit."""
    monkeypatch.setattr(platerecognizer, "TIMEOUT_SECONDS", 0.2)
    site.said.say(0)
    with pytest.raises(PlateApiError, match="timed out"):
        site.reader().read(PICTURE, [CAR])
    assert site.calls() == 0


def test_a_service_that_is_not_there_is_told(site: Site) -> None:
    """Its name is, and that it refused."""
    url = f"http://127.0.0.1:{free_port()}/v1/plate-reader/"
    with pytest.raises(PlateApiError, match=r"Plate Recognizer at 127\.0\.0\.1: .*refused"):
        site.reader(url=url).read(PICTURE, [CAR])


def test_the_quota_is_respected(site: Site) -> None:
    """What is beyond it is put aside without a call, and says so."""
    site.said.say(201, answer())
    reader = site.reader(calls=1)
    reader.read(PICTURE, [CAR])
    asked = len(site.said.asked)
    with pytest.raises(QuotaError, match="monthly quota used up: 2026-11") as raised:
        reader.read(PICTURE, [CAR])
    assert isinstance(raised.value, PictureError)
    assert (len(site.said.asked), site.calls()) == (asked, 1)


def test_what_the_account_may_is_asked_for_once(site: Site) -> None:
    """Calls that others made with it count."""
    said = {"usage": {"month": 11, "calls": 2499, "year": 2026, "resets_on": "2026-12-01"}, "total_calls": 2500}
    site.said.statistics = 200, json.dumps(said).encode()
    site.said.say(201, answer())
    reader = site.reader(calls=100_000)
    reader.read(PICTURE, [CAR])
    with pytest.raises(QuotaError):
        reader.read(PICTURE, [CAR])
    assert [asked["path"] for asked in site.said.asked].count("/v1/statistics/") == 1
    with site.world.engine.connect() as connection:
        assert quota.state(connection, NOW, 100_000) == quota.State("platerecognizer", "2026-11", 2500, 2500)


def test_the_token_is_in_no_message(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in errors nor in logs."""
    caplog.set_level(logging.DEBUG)
    for status in (403, 500, 302, 201):
        site.said.answers.clear()
        site.said.say(status, TOKEN.encode())
        with pytest.raises(ImagehubError) as raised:
            site.reader().read(PICTURE, [CAR])
        assert TOKEN not in str(raised.value) + repr(raised.value.__cause__)
    assert TOKEN not in caplog.text


def settings(folder: Path, **said: object) -> Settings:
    """Return settings with this engine."""
    lines = "".join(f"  {name}: {json.dumps(value)}\n" for name, value in said.items())
    return parse(f"vision:\n  plate_engine: platerecognizer\n{lines}", folder)


def test_is_the_reader_where_the_settings_say_so(site: Site, tmp_path: Path) -> None:
    """The token is in a file; the calls are counted in the librarian's catalog."""
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    site.said.say(201, answer(result("nhk552")))
    made = settings(tmp_path, plate_api_token_file="token", plate_api_url=site.said.url)
    catalog_of = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    reader = plates.reader(parse(f"librarian:\n  database: {catalog_of}\n" + _vision(made), tmp_path))
    assert [one.text for one in reader.read(PICTURE, [CAR])] == ["NHK552"]
    with writing(site.world.engine) as connection:
        assert quota.state(connection, datetime.now(UTC), 2500).calls == 1


def _vision(made: Settings) -> str:
    vision = made.vision
    lines = f"  plate_engine: platerecognizer\n  plate_api_url: {vision.plate_api_url}\n"
    return f"vision:\n{lines}  plate_api_token_file: {vision.plate_api_token_file}\n"


@pytest.mark.parametrize("token", [None, b"", b"two words", b"\xff"])
def test_without_a_token_nothing_starts(tmp_path: Path, token: bytes | None) -> None:
    """The message names the setting, and never what is in the file."""
    if token is not None:
        (tmp_path / "token").write_bytes(token)
    with pytest.raises(SettingsError, match=r"vision\.plate_api_token_file") as raised:
        plates.reader(settings(tmp_path, plate_api_token_file="token"))
    assert "words" not in str(raised.value)
    with pytest.raises(SettingsError, match=r"vision\.plate_api_token_file: give the file"):
        plates.reader(settings(tmp_path))


@pytest.mark.parametrize("url", ["http://", "http://user:word@host/", "http://host:99999/", "http://ho st/"])
def test_an_address_that_is_none_is_told(tmp_path: Path, url: str) -> None:
    """Passwords in it are not, either."""
    (tmp_path / "token").write_text(TOKEN)
    with pytest.raises(SettingsError, match=r"vision\.plate_api_url") as raised:
        plates.reader(settings(tmp_path, plate_api_token_file="token", plate_api_url=url))
    assert "word" not in str(raised.value)
