"""What keeps strangers from pictures: files, sessions, cookies, TLS, and who is believed."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from sqlalchemy import insert

from certificates import certificate
from imagehub.librarian import catalog, schema
from sites import NOW, PASSWORD, Site, append, image, serving, three_cameras
from visitors import SESSION, Visitor, visitor


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a librarian with an administrator, and a viewer of one camera."""
    folder = tmp_path_factory.mktemp("site")
    three_cameras(folder / "hub")
    with serving(folder / "librarian", folder / "hub", taken=68) as made:
        made.make_user("admin")
        made.make_user("ben", "viewer", "Yard")
        yield made


@pytest.fixture
def admin(site: Site) -> Iterator[Visitor]:
    """Give the administrator."""
    with visitor(site, "admin") as made:
        yield made


def asked(site: Site, path: str, cookie: str = "", host: str = "localhost") -> bytes:
    """Return the whole answer to a request for exactly this path, which no program puts in order."""
    address = urlsplit(site.url)
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", f"Cookie: {SESSION}={cookie}", "Connection: close", "", ""]
    with socket.create_connection(("127.0.0.1", address.port or 0), timeout=30) as stream:
        stream.sendall("\r\n".join(lines).encode())
        return b"".join(iter(lambda: stream.recv(65536), b""))


UPWARDS = ["..", "%2e%2e", "..%2f..", "..%5c..", "%252e%252e", "....//", "/etc", "%2fetc", "..%00"]
FILES = [
    "/static/{}/app.py",
    "/static/vendor/{}/{}/app.py",
    "/static/{}/passwd",
    "/images/{}/app.py",
    "/images/1/{}/app.py",
    "/images/1/thumbnail/{}",
    "/sessions/{}",
    "/sessions/{}/files/report.json",
    "/sessions/KEY/files/{}",
    "/sessions/KEY/files/{}/app.py",
]
ELSEWHERE = [
    "https://example.org", "//example.org", "/\\example.org", "\\\\example.org", "/\t/example.org",
    "javascript:alert(1)", "/%0d%0aLocation:%20https://example.org", "https:example.org", "/..//example.org",
    "///example.org", "/\r\nX: y", "@example.org",
]  # fmt: skip


@pytest.mark.parametrize("up", UPWARDS)
@pytest.mark.parametrize("where", FILES)
def test_no_path_leads_out_of_the_files(where: str, up: str, site: Site, admin: Visitor) -> None:
    """However dots and slashes are written, nothing beside pictures and our own static files is answered."""
    answer = asked(site, where.replace("{}", up).replace("KEY", site.session().key), admin.secret)
    assert answer.split()[1] in {b"400", b"404", b"405", b"422"}
    assert b"import" not in answer
    assert b"root:" not in answer


@pytest.mark.parametrize("kind", ["up", "absolute", "link", "linked folder", "pipe", "folder", "gone"])
def test_no_row_leads_out_of_the_pictures(kind: str, site: Site, admin: Visitor) -> None:
    """A catalog that somebody tampered with, or links in the hub's folder, show no other file."""
    (site.hub / "secret.jpg").write_bytes(b"\xff\xd8secret")
    day = site.hub / "images" / "2020-01-01"
    day.mkdir(exist_ok=True)
    paths = {
        "up": "images/2020-01-01/../../secret.jpg",
        "absolute": str(site.hub / "secret.jpg"),
        "gone": "images/2020-01-01/gone.jpg",
    }
    made: dict[str, Callable[[Path], object]] = {
        "link": lambda path: path.symlink_to(site.hub / "secret.jpg"),
        "pipe": os.mkfifo,
        "folder": Path.mkdir,
    }
    path = paths.get(kind) or f"images/2020-01-01/{kind}"
    if kind in made:
        made[kind](day / kind)
    if kind == "linked folder":
        (site.hub / "images" / "elsewhere").symlink_to(site.hub)
        path = "images/elsewhere/secret.jpg"
    number = add_row(site, path)
    answer = admin.get(f"/images/{number}/file")
    assert (answer.status_code, b"secret" in answer.content) == (404, False)
    small = admin.get(f"/images/{number}/thumbnail/small")
    assert (small.status_code, small.headers["Location"].partition("?")[0]) == (302, "/static/no-file.svg")
    assert admin.get(f"/images/{number}").status_code == 200


def add_row(site: Site, path: str) -> int:
    """Add the row of an image to the catalog."""
    fixed = {"hub_id": 1, "camera_id": 1, "sequence": None, "type": "jpg", "text": "", "checksum": "", "bytes": 1}
    row = fixed | {"time_us": 1, "day": "2020-01-01", "path": path, "state": "stored", "hold": False}
    with site.catalog() as engine, catalog.writing(engine) as connection:
        made = connection.execute(insert(schema.images).values(row)).inserted_primary_key
    assert made
    return int(made[0])


def test_a_session_is_never_one_that_was_there_before(site: Site) -> None:
    """A secret that somebody put into the browser is not adopted, and each sign-in makes a new one."""
    with visitor(site, cookies={SESSION: "planted"}) as somebody:
        assert somebody.sign_in("admin").status_code == 303
        secrets = {cookie.value for cookie in somebody.cookies.jar if cookie.name == SESSION}
        assert len(secrets - {"planted"}) == 1
    with visitor(site, cookies={SESSION: "planted"}) as other:
        assert not other.is_signed_in()
    with visitor(site, "admin") as again:
        assert again.secret not in secrets


def test_signing_out_ends_the_session_for_whoever_copied_it(site: Site) -> None:
    """The secret is void afterwards, not only forgotten by the browser."""
    with visitor(site, "admin") as somebody, visitor(site, cookies={SESSION: somebody.secret}) as thief:
        assert thief.is_signed_in()
        assert somebody.submit("/sign-out").status_code == 303
        assert not thief.is_signed_in()


def test_a_form_token_is_that_of_one_session(site: Site, admin: Visitor) -> None:
    """One that another session got is refused."""
    with visitor(site, "admin") as other:
        other.token = admin.token
        assert other.submit("/sign-out").status_code == 403
        assert other.is_signed_in()


def test_sessions_and_tokens_of_others_stay(site: Site, admin: Visitor) -> None:
    """A viewer who tries all numbers ends nobody's session but the own one."""
    with visitor(site, "ben") as ben, visitor(site, "ben"):
        for number in range(1, 40):
            ben.submit(f"/account/sessions/{number}/end")
            ben.submit(f"/account/tokens/{number}/revoke")
    assert admin.is_signed_in()


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_nobody_is_led_elsewhere_by_signing_in(wanted: str, site: Site) -> None:
    """Where to go next is one of our pages, whatever the link says."""
    with visitor(site) as somebody:
        answer = somebody.post("/sign-in", data={"name": "admin", "password": PASSWORD, "next": wanted})
        signed_in = somebody.get("/sign-in", params={"next": wanted})
    for where in (answer.headers["Location"], signed_in.headers["Location"]):
        assert urlsplit(urljoin(f"{site.url}/sign-in", where)).netloc == urlsplit(site.url).netloc
        assert where.startswith("/")
        assert not where.startswith("//")
    assert "X" not in answer.headers


def test_a_cookie_is_for_this_site_and_no_script(site: Site) -> None:
    """HttpOnly and SameSite; Secure as soon as there is TLS, see below."""
    with visitor(site) as somebody:
        flags = somebody.sign_in("admin").headers["Set-Cookie"].lower()
    assert "httponly" in flags
    assert "samesite=lax" in flags
    assert "domain=" not in flags
    assert "secure" not in flags


def test_with_a_certificate_all_is_encrypted(tmp_path: Path) -> None:
    """Pages come by TLS, cookies are Secure, browsers are told to stay with it, and plain HTTP is not answered."""
    (tmp_path / "hub").mkdir()
    made = certificate(tmp_path / "certificate")
    web = {"certificate": str(made.certificate), "private_key": str(made.key)}
    with serving(tmp_path / "librarian", tmp_path / "hub", taken=0, web=web) as site:
        assert site.url.startswith("https://")
        site.make_user("admin")
        with visitor(site) as somebody:
            answer = somebody.sign_in("admin")
            assert "; secure" in answer.headers["Set-Cookie"].lower()
            assert answer.headers["Strict-Transport-Security"]
            assert somebody.is_signed_in()
        assert b"HTTP/1.1 200" not in asked(site, "/healthz")


@pytest.mark.parametrize(("trusted", "seen"), [("127.0.0.1", "198.51.100.7"), ("192.0.2.1", "127.0.0.1")])
def test_only_trusted_proxies_are_believed(trusted: str, seen: str, tmp_path: Path) -> None:
    """The address of a viewer and the word on TLS are taken from those that the settings name."""
    (tmp_path / "hub").mkdir()
    told = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}
    web = {"trusted_proxies": [trusted], "address": "127.0.0.1"}
    with serving(tmp_path / "librarian", tmp_path / "hub", taken=0, web=web) as site:
        site.make_user("admin")
        with visitor(site) as somebody:
            answer = somebody.sign_in("admin", headers=told)
            secret = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
            page = somebody.get("/account", headers={"Cookie": f"{SESSION}={secret}"}).text
    assert ("secure" in answer.headers["Set-Cookie"].lower()) == (seen == "198.51.100.7")
    assert f"from {seen}" in page


@pytest.mark.parametrize("path", ["/", "/sign-in", "/gallery/", "/static", "/no-such-page", "/users"])
def test_a_forged_host_is_not_repeated(path: str, site: Site, admin: Visitor) -> None:
    """No link, redirect or text leads to the name that a request claims for us."""
    assert b"example.org" not in asked(site, path, admin.secret, host="example.org")


def test_links_in_invitations_have_our_own_name(site: Site, admin: Visitor) -> None:
    """Whoever forges a host gets no invitation mailed that leads to them."""
    fields = {"form_token": admin.token, "name": "guest", "role": "viewer"}
    answer = admin.post("/users", data=fields, headers={"Host": "example.org"})
    assert f"{site.url}/reset/" in answer.text
    assert "example.org" not in answer.text


def test_what_arrives_is_told_to_those_who_may_see_it(site: Site) -> None:
    """Of two new images of two cameras, a viewer of one is told of that one only."""
    with visitor(site, "ben") as ben, ben.stream("GET", "/live") as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry")
        append(site.hub, [image(site.hub, camera, NOW) for camera in ("Barn P1", "Yard")])
        told = next(line for line in lines if line.startswith("data:"))
    assert "Yard" in told


def test_no_secret_is_in_the_log(site: Site) -> None:
    """Passwords, sessions, form tokens and links that were used are not found where logs are read."""
    with visitor(site, "admin") as somebody:
        answer = somebody.submit("/account/tokens", name="script", scope="read")
        api = answer.text.partition('<code id="token">')[2].partition("<")[0]
        invitation = somebody.submit("/users", name="new", role="viewer").text.partition("/reset/")[2].partition("<")[0]
        somebody.get(f"/reset/{invitation}")
        somebody.post("/reset", data={"secret": invitation, "password": "fifty blue birds"})
        somebody.get("/images/999999999")
        secrets = [PASSWORD, "fifty blue birds", somebody.secret, somebody.token, api, invitation]
    assert all(len(secret) > 10 for secret in secrets)
    log = site.output()
    assert [secret for secret in secrets if secret in log] == []
