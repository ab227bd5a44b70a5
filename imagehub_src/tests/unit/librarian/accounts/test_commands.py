"""`imagehub-librarian user`, as it is typed."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from accounting import PASSWORD, add
from imagehub.librarian import accounts, catalog, cli
from imagehub.librarian.accounts import commands


def run(folder: Path, *words: str) -> int:
    """Run a command line on the catalog of the test."""
    (folder / "librarian.yaml").write_text(
        "librarian: {data_directory: .}\nweb: {public_url: https://example.org/x/}\n"
    )
    return cli.main(["user", *words, "--path", str(folder)])


def test_links_let_in_who_is_locked_out(engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first administrator first, then whoever forgot their password."""
    assert run(tmp_path, "first-link") == 0
    start, _, secret = capsys.readouterr().out.strip().rpartition("/")
    assert start == "https://example.org/x/first"
    now = commands._now()
    with catalog.writing(engine) as connection:
        anna = accounts.use_first(connection, secret, "anna", "", PASSWORD, now)
    assert run(tmp_path, "reset", "anna") == 0
    start, _, secret = capsys.readouterr().out.strip().rpartition("/")
    assert start == "https://example.org/x/reset"
    with catalog.writing(engine) as connection:
        assert accounts.use_reset(connection, secret, PASSWORD, now) == anna
    assert run(tmp_path, "first-link") == 1
    assert "there are users already" in capsys.readouterr().err


def test_users_are_listed(engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By name; and a link for nobody is refused, as for the disabled."""
    with catalog.writing(engine) as connection:
        add(connection, "cleo", "administrator")
        ben = add(connection, "ben")
        accounts.change_user(connection, ben.actor, ben.id, mail="", role="viewer", disabled=True, cameras=None)
    assert run(tmp_path, "list") == 0
    assert capsys.readouterr().out == "ben  viewer  disabled\ncleo  administrator\n"
    assert run(tmp_path, "reset", "nobody") == 1
    assert run(tmp_path, "reset", "ben") == 1
    errors = capsys.readouterr().err
    assert "no user nobody" in errors
    assert "ben is disabled" in errors
