"""The librarian's settings, and the page that explains them."""

import re
from pathlib import Path

import pytest
import yaml

from imagehub.errors import SettingsError
from imagehub.librarian import settings

REFERENCE = Path(__file__).parents[4] / "docs" / "ref" / "librarian-settings.md"


def test_an_empty_section_gives_the_defaults(tmp_path: Path) -> None:
    """The catalog lies beside the settings file."""
    loaded = settings.parse("librarian:", tmp_path)
    assert loaded.hub_directory == tmp_path / "imagehub_data"
    assert loaded.database == f"sqlite:///{tmp_path}/librarian_data/catalog.sqlite"


def test_faults_are_named_with_their_lines(tmp_path: Path) -> None:
    """All of them at once."""
    with pytest.raises(SettingsError) as caught:
        settings.parse("librarian:\n  database: 3\n  hub_director: x\n", tmp_path)
    assert [fault.split(": ")[0] for fault in caught.value.faults] == ["librarian.yaml:2", "librarian.yaml:3"]


def test_the_reference_has_every_setting_as_the_code_has_it() -> None:
    """Each has one row: kind, default, meaning."""
    rows = re.findall(r"^\| `(\w+\.\w+)` \|(.*)\|$", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
    documented = {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows}
    said = {name: [yaml.safe_load(cells[1].strip("`")), cells[0], cells[2]] for name, cells in documented.items()}
    assert said == {
        name: [
            list(rule.default) if isinstance(rule.default, tuple) else rule.default,
            rule.kind.expected,
            rule.meaning,
        ]
        for name, rule in settings.rules().items()
    }


def test_paths_count_from_the_folder_of_the_file(tmp_path: Path) -> None:
    """In every section."""
    loaded = settings.parse(
        "mail: {password_file: keys/mail}\nweb: {certificate: c.pem, private_key: /k.pem}", tmp_path
    )
    assert loaded.mail.password_file == tmp_path / "keys" / "mail"
    assert (loaded.web.certificate, loaded.web.private_key) == (tmp_path / "c.pem", Path("/k.pem"))


def test_a_certificate_without_its_key_is_a_fault(tmp_path: Path) -> None:
    """It is found at the start, not by the first viewer."""
    with pytest.raises(SettingsError, match="belong together"):
        settings.parse("web:\n  certificate: c.pem\n", tmp_path)


@pytest.mark.parametrize(
    ("section", "url"),
    [
        ("{}", "http://localhost:8080"),
        ("{address: '*', port: 80}", "http://localhost:80"),
        ("{address: pi.lan, certificate: c, private_key: k}", "https://pi.lan:8080"),
        ("{address: '2001:db8::1'}", "http://[2001:db8::1]:8080"),
        ("{public_url: 'https://example.org/pictures/'}", "https://example.org/pictures"),
    ],
)
def test_links_begin_with_what_users_type(section: str, url: str, tmp_path: Path) -> None:
    """The setting, or else what the address and the port make likely."""
    assert settings.base_url(settings.parse(f"web: {section}", tmp_path).web) == url
