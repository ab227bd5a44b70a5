"""What holds for each route of the web page; the routes are found in the application, so a new one is covered too."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from imagehub.librarian import schema
from imagehub.librarian.web.guard import HEADERS
from imagehub.librarian.web.rendering import NAVIGATION, static
from routes import ENTRANCE, examples, filled, query_names, routes
from sites import Site, found_in, serving, three_cameras
from visitors import Visitor, visitor

LINES = "/live"
STYLE = static("imagehub.css")
# Who may keep an answer, where it is not the one browser only.
KEPT_BY = {STYLE: "public, max-age=31536000, immutable"}
# What viewers may send, beside the forms of the entrance.
VIEWERS = {
    "/sign-out",
    "/account/password",
    "/account/tokens",
    "/account/tokens/{number}/revoke",
    "/account/sessions/{number}/end",
}
GETS = sorted({route.path for route in routes("GET")} - {LINES})
POSTS = sorted({route.path for route in routes("POST")})
GUARDED = [path for path in POSTS if path not in ENTRANCE]
# With any session but that of the tests themselves.
SENT = [path for path in POSTS if path != "/sign-out"]
NUMBERED = [
    (method, path) for method, paths in (("GET", GETS), ("POST", GUARDED)) for path in paths if "{number}" in path
]
OTHERS = [(method, path) for method, path in NUMBERED if path.startswith(("/images/", "/cameras/", "/plates/"))]
STRANGE_NUMBERS = ["-1", "0", str(2**63), str(-(2**63) - 1), "9" * 40, "abc", "1e3", "1.5", "%00", "%EF%BC%91"]
HOSTILE = [
    "'", '"', "' OR 1=1 --", "1); DROP TABLE images; --", "%", "_", "\\", "\0", "a\0b", "<script>alert(1)</script>",
    "\N{PILE OF POO}", "-1", str(2**63), "9" * 40, "²", "9999-99-99", "0001-01-01", "9999-12-31", "24:01", "-1:00",
    "x" * 5000,
]  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a librarian with an administrator, and a viewer of one camera."""
    folder = tmp_path_factory.mktemp("site")
    three_cameras(folder / "hub")
    with serving(folder / "librarian", folder / "hub", taken=68) as made:
        made.make_user("admin")
        made.make_user("ben", "viewer", "Yard")
        found_in(made, made.images("Barn P1")[30][0], "person", "AB123")
        yield made


@pytest.fixture(scope="module")
def admin(site: Site) -> Iterator[Visitor]:
    """Give the administrator, who stays signed in: nothing here may end the session."""
    with visitor(site, "admin") as made:
        yield made
        assert made.is_signed_in()


@pytest.fixture(scope="module")
def ben(site: Site) -> Iterator[Visitor]:
    """Give the viewer of one camera."""
    with visitor(site, "ben") as made:
        yield made


def changes(site: Site) -> int:
    """Return how many changes of users were noted."""
    with site.catalog() as engine, engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(schema.audit_log)).scalar_one()


@pytest.mark.parametrize("path", GETS)
def test_nothing_is_shown_to_strangers(path: str, site: Site) -> None:
    """Who is not signed in is sent to the form, from everywhere but the entrance."""
    with visitor(site) as stranger:
        answer = stranger.get(filled(path, examples(site)))
    if path in ENTRANCE:
        assert answer.status_code in {200, 404}
        assert "Barn" not in answer.text
    else:
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/sign-in")


def test_what_arrives_is_not_told_to_strangers(site: Site) -> None:
    """The stream is behind the same door."""
    with visitor(site) as stranger:
        assert stranger.get(LINES).status_code == 303


@pytest.mark.parametrize("path", GUARDED)
def test_a_form_of_another_site_changes_nothing(path: str, site: Site, admin: Visitor) -> None:
    """Without the session's token, with a wrong one, or sent from elsewhere, all forms are refused."""
    before, address = changes(site), filled(path, examples(site))
    assert admin.post(address).status_code == 403
    assert admin.post(address, data={"form_token": "wrong"}).status_code == 403
    assert admin.post(address, headers={"X-Form-Token": "wrong"}).status_code == 403
    for header in ({"Origin": "https://example.org"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert admin.post(address, headers={"X-Form-Token": admin.token, **header}).status_code == 403
    assert changes(site) == before


@pytest.mark.parametrize("path", sorted(ENTRANCE & set(POSTS)))
def test_nobody_is_signed_in_by_another_site(path: str, site: Site) -> None:
    """The forms of the entrance, which have no token yet, are not taken from elsewhere either."""
    with visitor(site) as stranger:
        for header in ({"Origin": "https://example.org"}, {"Sec-Fetch-Site": "cross-site"}):
            assert stranger.post(path, headers=header, data={"name": "admin"}).status_code == 403


@pytest.mark.parametrize("path", [path for path in GUARDED if path not in VIEWERS])
def test_viewers_change_nothing(path: str, site: Site, ben: Visitor) -> None:
    """Whatever an administrator may send is refused to them, with a good token too."""
    before = changes(site)
    assert ben.submit(filled(path, examples(site))).status_code == 403
    assert changes(site) == before


@pytest.mark.parametrize("path", [path for who, _, path in NAVIGATION if who == "administrator"])
def test_pages_of_administrators_are_closed_to_viewers(path: str, ben: Visitor) -> None:
    """They say so, and tell nothing."""
    assert ben.get(path).status_code == 403


@pytest.mark.parametrize(("method", "path"), OTHERS)
def test_pictures_and_cameras_of_others_are_not_there(method: str, path: str, site: Site, ben: Visitor) -> None:
    """Numbers can be guessed: the answer is that of one that does not exist."""
    address = filled(path, examples(site))
    answer = ben.get(address) if method == "GET" else ben.submit(address)
    assert answer.status_code in {403, 404}
    assert "Barn" not in answer.text


@pytest.mark.parametrize("path", [path for path in GETS if "{" not in path])
def test_lists_tell_nothing_of_other_cameras(path: str, site: Site, ben: Visitor) -> None:
    """Also if they are asked for by number."""
    answer = ben.get(path, params={"camera": str(site.cameras()["Barn P1"])})
    assert "Barn" not in answer.text
    assert "Gate" not in answer.text


@pytest.mark.parametrize(("method", "path"), NUMBERED)
@pytest.mark.parametrize("number", STRANGE_NUMBERS)
def test_no_number_breaks_a_page(number: str, method: str, path: str, site: Site, admin: Visitor) -> None:
    """What no row can have is not found, or not understood."""
    values = examples(site) | {"/images/{number}": number, "/cameras/{number}": number, "{number}": number}
    answer = admin.request(method, filled(path, values), headers={"X-Form-Token": admin.token})
    harmless = {303} if path in VIEWERS else set()  # ending what is not there is no fault
    assert answer.status_code in {404, 422, 400} | harmless, answer.text


@pytest.mark.parametrize("path", GETS)
def test_no_text_breaks_a_page(path: str, site: Site, admin: Visitor) -> None:
    """Whatever stands in an address: the answer is a page or a fault of the sender, and the tables stay."""
    names = {name for route in routes("GET") if route.path == path for name in query_names(route.dependant)}
    address = filled(path, examples(site))
    broken = [
        (name, value, answer.status_code)
        for name in sorted(names)
        for value in HOSTILE
        for answer in [admin.get(f"{address}?{name}={quote(value)}")]
        if answer.status_code >= 500 or "<script>alert" in answer.text
    ]
    assert broken == []
    assert len(site.images("Barn P1")) == 60


@pytest.mark.parametrize("path", SENT)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data", "application/json"])
def test_an_empty_form_breaks_nothing(kind: str, path: str, site: Site, admin: Visitor) -> None:
    """Nor does one that is no form: the answer names a fault of the sender, or there was nothing to fill in."""
    headers = {"Content-Type": kind, "X-Form-Token": admin.token}
    answer = admin.post(filled(path, examples(site) | {"{number}": "999"}), content=b"", headers=headers)
    assert answer.status_code < 500


@pytest.mark.parametrize("path", SENT)
def test_no_field_breaks_a_form(path: str, site: Site, admin: Visitor) -> None:
    """Hostile text in all fields at once is refused or kept as text."""
    names = {field.alias for route in routes("POST") if route.path == path for field in route.dependant.body_params}
    address = filled(path, examples(site) | {"{number}": "999", "/cameras/{number}": "999"})
    broken = [
        value
        for value in HOSTILE
        if admin.submit(address, **dict.fromkeys(names | {"name", "trigger"}, value)).status_code >= 500
    ]
    assert broken == []


@pytest.mark.parametrize("path", [*GETS, STYLE, "/no-such-page", "/static/no-such-file"])
def test_each_answer_tells_browsers_the_rules(path: str, site: Site, admin: Visitor) -> None:
    """Pages, pictures, faults and redirects all carry the security headers; what is private is kept by nobody else."""
    with visitor(site) as stranger:
        answers = [somebody.get(filled(path, examples(site))) for somebody in (admin, stranger)]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert answer.headers["Cache-Control"].startswith(KEPT_BY.get(path, ("no-store", "private")))
        assert "server" not in answer.headers
