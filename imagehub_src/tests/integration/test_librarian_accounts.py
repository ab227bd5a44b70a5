"""Accounts in each database that the catalog promises to work with, and the link that a first start prints."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine

from accounting import HOUR, NOW, PASSWORD, SOMEBODY, add, first, two_cameras
from databases import mariadb, postgresql
from imagehub.librarian import accounts, audit, catalog
from imagehub.librarian.accounts import AccountError, HeldBackError
from imagehub.librarian.accounts.tries import PAIR
from running import until

HERE = "192.0.2.7"


@pytest.fixture(params=[postgresql, mariadb])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Give an empty catalog in a real server."""
    with request.param(tmp_path / "server") as url:
        made = catalog.connect(url)
        yield made
        made.dispose()


def at_once(number: int, call: Callable[[int], object]) -> list[str]:
    """Return the names of the types that so many calls at the same time return or raise."""
    results: list[str] = []
    barrier = threading.Barrier(number)

    def one(index: int) -> None:
        barrier.wait()
        try:
            results.append(type(call(index)).__name__)
        except AccountError as error:
            results.append(type(error).__name__)

    threads = [threading.Thread(target=one, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def test_an_account_from_the_first_link_to_its_end(engine: Engine) -> None:
    """Link, invitation, session, token, reset and removal do what they do in SQLite."""
    with catalog.writing(engine) as connection:
        anna = first(connection)
        ben = add(connection, "Bén", cameras=frozenset(two_cameras(connection)[:1]))
        assert ben.cameras == frozenset({1})
        _, session = accounts.sign_in(connection, "Bén", PASSWORD, HERE, NOW, 30)
        token = accounts.make_token(connection, ben, "script", ["read"], NOW + HOUR, NOW)
    accounts.touch(engine, session, NOW + HOUR, 30)
    with engine.connect() as connection:
        assert accounts.session(connection, session, NOW + HOUR, 30) == ben
        assert accounts.token(connection, token, HERE, NOW) == (ben, frozenset({"read"}))
        assert accounts.token(connection, "imh_\0", HERE, NOW) is None
    with pytest.raises(AccountError, match="already"), catalog.writing(engine) as connection:
        accounts.add_user(connection, anna.actor, "Bén", "", "viewer", None, NOW)
    with catalog.writing(engine) as connection:
        asked = accounts.ask_reset(connection, "B\u00e9n@Example.org", HERE, NOW)
        assert asked
        assert accounts.use_reset(connection, asked[1], "four white swans", NOW) == ben
        assert accounts.session(connection, session, NOW + HOUR, 30) is None
        accounts.remove_user(connection, anna.actor, ben.id)
        accounts.forget_old(connection, NOW + 2 * HOUR)
        assert accounts.users(connection) == [anna]
        assert audit.entries(connection, None, 1, anna.id)[0].action == "user.remove"


def test_tries_at_the_same_time_all_count(engine: Engine) -> None:
    """Whoever tries many passwords at once has no more tries than one after the other."""
    with catalog.writing(engine) as connection:
        first(connection)

    def wrong(index: int) -> object:
        with catalog.writing(engine) as connection:
            return accounts.sign_in(connection, "anna", f"wrong {index}", HERE, NOW, 30)

    assert at_once(10, wrong) == ["AccountError"] * PAIR.free + ["HeldBackError"] * (10 - PAIR.free)
    with pytest.raises(HeldBackError), catalog.writing(engine) as connection:
        accounts.sign_in(connection, "anna", PASSWORD, HERE, NOW, 30)


def test_one_first_link_makes_one_administrator(engine: Engine) -> None:
    """However many use it at once."""
    with catalog.writing(engine) as connection:
        secret = accounts.first_link(connection, NOW)
    assert secret

    def use(index: int) -> object:
        with catalog.writing(engine) as connection:
            return accounts.use_first(connection, secret, f"user {index}", "", PASSWORD, NOW)

    assert at_once(4, use) == ["AccountError"] * 3 + ["User"]


def test_two_administrators_do_not_remove_each_other(engine: Engine) -> None:
    """One of them stays."""
    with catalog.writing(engine) as connection:
        users = [first(connection), add(connection, "ben", "administrator")]

    def remove(index: int) -> None:
        with catalog.writing(engine) as connection:
            accounts.remove_user(connection, SOMEBODY, users[index].id)

    assert at_once(2, remove) == ["AccountError", "NoneType"]


def test_a_first_start_prints_the_link(tmp_path: Path) -> None:
    """Once somebody has a password, it prints none."""
    (tmp_path / "hub").mkdir()
    section = {"hub_directory": "hub", "data_directory": "."}
    (tmp_path / "librarian.yaml").write_text(yaml.safe_dump({"librarian": section}))

    def printed(awaited: str) -> str:
        with (tmp_path / "log").open("wb") as log:
            words = [sys.executable, "-m", "imagehub.librarian", "run", "--path", str(tmp_path)]
            process = subprocess.Popen(words, stdout=log, stderr=log)
        try:
            until(lambda: awaited in (tmp_path / "log").read_text(), awaited)
        finally:
            process.terminate()
            assert process.wait(10) == 0
        return (tmp_path / "log").read_text()

    link = re.search(r"http://localhost:8080/first/(\S+)", printed("within a day"))
    assert link
    engine = catalog.connect(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    with catalog.writing(engine) as connection:
        accounts.use_first(connection, link[1], "anna", "", PASSWORD, time.time_ns() // 1000)
    engine.dispose()
    assert "/first/" not in printed("following")
