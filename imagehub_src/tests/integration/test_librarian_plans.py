"""No question reads a large table from end to end: the databases' own plans say so."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from databases import postgresql
from imagehub.librarian import catalog
from imagehub.librarian.catalog import writing
from imagehub.librarian.schema import followers, images
from imagehub.librarian.vision import asking, enqueuing
from imagehub.librarian.vision.queue import jobs
from imagehub.librarian.vision.queue.spans import put_again
from imagehub.librarian.vision.seeing import ImageRow
from imagehub.librarian.vision.working.pictures import Pictures
from librarian_data import fill
from librarian_questions import questions
from plans import Statement, executed, scans


@pytest.fixture(scope="module", params=["sqlite", "sqlite analysed", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Give a catalog large enough that a scan would be the wrong plan; SQLite with and without its statistics."""
    folder = tmp_path_factory.mktemp("catalog")
    if request.param == "postgresql":
        with postgresql(folder / "server") as url:
            yield from _filled(url, analysed=True)
    else:
        yield from _filled(f"sqlite:///{folder / 'c'}", analysed="analysed" in request.param)


def _filled(url: str, analysed: bool) -> Iterator[Engine]:
    engine = catalog.connect(url)
    fill(engine, images=50_000, events=100_000, cameras=24, days=30)
    if analysed:
        with engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
    yield engine
    engine.dispose()


def asked(engine: Engine) -> list[Statement]:
    """Ask every question, and return the statements that were executed."""
    with executed(engine) as statements, engine.connect() as connection:
        for question in questions().values():
            question(connection)
    return statements


def test_no_question_scans_a_large_table(engine: Engine) -> None:
    """Each statement of each question finds its rows by an index, or ends where the page is full."""
    statements = asked(engine)
    assert len({statement.text for statement in statements}) > 50
    with engine.connect() as connection:
        assert scans(connection, statements) == []


def test_the_queue_scans_no_large_table(engine: Engine) -> None:
    """Nor does putting images into it, or taking them out."""
    with writing(engine) as connection:
        jobs.put(connection, jobs.OBJECTS, images.c.id > 10_000, jobs.NO_EVENT, 0)
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE jobs")
    with executed(engine) as statements:
        enqueuing.begin(engine)
        with writing(engine) as connection:
            connection.execute(update(followers).where(followers.c.name == "vision").values(image=30_000))
            taken = jobs.take(connection, "a:1", 1, jobs.KINDS, 5, limit=3)
            jobs.done(connection, taken[0])
            jobs.put_own(connection, jobs.PLATES, taken[0], 1, 5)
            jobs.put_anew(connection, jobs.VOTES, taken[0].image_id, 1, 1, 1)
            jobs.retry(connection, taken[1], "no", 1, 3)
            jobs.dead(connection, taken[2], "no")
            jobs.ask(connection, jobs.OBJECTS, 7, 1)
            jobs.give_back(connection, "a:1", 1)
            jobs.end_leases(connection, "a:1", 1)
            jobs.retry_dead(connection, 1)
            jobs.any_due(connection, 1)
            Pictures(Path()).before(connection, ImageRow(40_000, 1, 0, "", ""))
        enqueuing.follow(engine, 1, batch=5000)
        enqueuing.tidy(engine, 1, most=39_000)
        asking.Asking(engine, Path(), lambda: 1, 0)._wait(jobs.PLATES, 1)
        put_again(engine, "2026-11-20", "2026-11-20", [1], 1)
    with engine.connect() as connection:
        assert scans(connection, statements) == []


def test_a_missing_index_is_noticed(tmp_path: Path) -> None:
    """The check above complains where the index of a question is gone."""
    engine = catalog.connect(f"sqlite:///{tmp_path / 'c'}")
    fill(engine, images=500, events=500, cameras=3, days=2)
    for name in ("ix_images_time_us", "ix_detections_object_id_time_us", "ix_detections_camera_id_object_id_time_us"):
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP INDEX {name}")
            connection.commit()
    statements = asked(engine)
    with engine.connect() as connection:
        found = {line.partition(":")[0] for line in scans(connection, statements)}
    assert {"images", "detections"} <= found
    engine.dispose()
