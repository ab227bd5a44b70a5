"""Each query of the catalog's dashboard gives the right answer, in each database, to a role that may read no more."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, insert, make_url, select, text, update
from sqlalchemy.exc import DBAPIError

from catalogs import write_journal
from dashboards import FOLDER, filled, panels, variable
from databases import mariadb, postgresql
from imagehub.journal import Entry
from imagehub.librarian import catalog
from imagehub.librarian.ingest import Ingest
from imagehub.librarian.schema import cameras, detections, images, metadata, nodes, objects, plate_sightings, plates

Rows = list[tuple[Any, ...]]
DAY = "2026-11-21"
ELEVEN = 1_795_258_800_000  # 2026-11-21T11:00:00Z in milliseconds
MINUTE = 60_000
ALL = "SELECT id FROM cameras"
BARN, PORCH = "Barn P1", "Porch"
SERVERS = ("postgresql", "mariadb")


def at(minute: float) -> int:
    """Return a time in milliseconds, by minutes after eleven."""
    return ELEVEN + round(minute * MINUTE)


def entry(time: str, who: str, rest: str, day: str = DAY, size: int = 0) -> Entry:
    """Return a line of the journal: an image if it has a size."""
    node, _, view = who.partition(" ")
    shared = {"time": f"{day}T{time}+00:00", "node": node, "view": view, "request": "", "text": f"{who}|{rest}"}
    if not size:
        return shared | {"kind": "event", "type": rest.partition("|")[0]}
    path = f"images/{day}/{node}-{view}-{day}T{time.replace(':', '.')}.jpg"
    return shared | {"kind": "image", "type": "jpg", "path": path, "bytes": size, "checksum": "crc32:00000000"}


ENTRIES = [
    entry("10:00:00.000000", PORCH, "motion|moving", "2026-11-20"),
    entry("10:59:59.999999", BARN, "Temp|99 F"),  # a microsecond before the range
    entry("11:05:00.000000", PORCH, "Temp|-3.5 C"),
    entry("11:05:00.000000", BARN, "Temp|20 F"),
    entry("11:06:00.000000", BARN, "Humidity|55 %"),
    entry("11:07:00.000000", BARN, "Temp|22 F"),
    entry("11:08:00.000000", BARN, "motion|moving"),
    entry("11:09:00.000000", PORCH, "Temp|not measured"),
    entry("11:25:00.000000", BARN, "Temp|30 F"),
    entry("11:30:00.000000", BARN, "jpg|", size=100),
    entry("11:31:00.000000", BARN, "jpg|", size=200),
    entry("11:32:00.000000", PORCH, "jpg|", size=50),
    entry("11:33:00.000000", PORCH, "jpg|", size=1000),  # this one is going
    entry("12:00:00.001000", BARN, "Temp|40 F"),  # a millisecond behind the range
]
# What is found where, and when.
OBJECTS = [
    ("person", BARN, at(1)), ("person", BARN, at(9)), ("person", BARN, at(21)), ("car", PORCH, at(20)),
    ("person", BARN, at(-1)), ("car", PORCH, at(61)),
]  # fmt: skip
PLATES = [
    ("AB 123", "de", BARN, at(2)), ("AB 123", "de", PORCH, at(3)), ("XY9", "", BARN, at(4)),
    ("AB 123", "de", BARN, at(-5)), ("OLD 1", "", BARN, at(-5)),
]  # fmt: skip
# By the panel's title.
ANSWERS: dict[str, Rows] = {
    "Objects over time": [(at(0), "person", 2), (at(20), "car", 1), (at(20), "person", 1)],
    "Object counts": [("person", 3), ("car", 1)],
    "Licence plates by frequency": [("AB 123", "de", 2, at(3)), ("XY9", "", 1, at(4))],
    "Temperature": [(at(0), BARN, 21), (at(0), PORCH, -3.5), (at(20), BARN, 30)],
    "Humidity": [(at(0), BARN, 55)],
    "Current values": [
        (BARN, "humidity", 55, at(6)), (BARN, "temperature", 40, at(60) + 1), (PORCH, "temperature", -3.5, at(5)),
    ],
    "Stored now": [(3, 350)],
    "Images received by day and camera": [(DAY, BARN, 2), (DAY, PORCH, 2)],
    "Events received by day and camera": [(DAY, BARN, 7), (DAY, PORCH, 2)],
}  # fmt: skip
ANSWERS_OF_THE_PORCH: dict[str, Rows] = {
    "Objects over time": [(at(20), "car", 1)],
    "Object counts": [("car", 1)],
    "Licence plates by frequency": [("AB 123", "de", 1, at(3))],
    "Temperature": [(at(0), PORCH, -3.5)],
    "Humidity": [],
    "Current values": [(PORCH, "temperature", -3.5, at(5))],
    "Stored now": [(1, 50)],
    "Images received by day and camera": [(DAY, PORCH, 2)],
    "Events received by day and camera": [(DAY, PORCH, 2)],
}


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty database that is called `imagehub`, where databases have names."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'catalog.sqlite'}"
    elif kind == "postgresql":
        with postgresql(folder / "server") as url:
            yield url
    else:
        with mariadb(folder / "server") as url:
            with catalog.engine_of(catalog.url(url)).begin() as connection:
                connection.execute(text("CREATE DATABASE imagehub"))  # everybody may do anything in `test`
            yield f"{url.removesuffix('/test')}/imagehub"


@pytest.fixture(scope="module", params=("sqlite", *SERVERS))
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Give a catalog with the entries above, in each database."""
    folder = tmp_path_factory.mktemp("grafana")
    with database(request.param, folder) as url:
        made = catalog.connect(url)
        if request.param == "sqlite":
            event.listen(made, "connect", add_concat)
            made.dispose()
        write_journal(folder / "hub", ENTRIES).close()
        Ingest(made, folder / "hub").follow()
        with catalog.writing(made) as connection:
            fill(connection)
        yield made
        made.dispose()


def add_concat(connection: Any, _: object) -> None:
    """Give SQLite a function that it has itself from version 3.44 on."""
    connection.create_function("CONCAT", -1, lambda *parts: "".join(map(str, parts)), deterministic=True)


def fill(connection: Connection) -> None:
    """Add what detectors found."""
    rows = select(nodes.c.name, cameras.c.view, cameras.c.id).join(nodes, nodes.c.id == cameras.c.node_id)
    numbers = {f"{node} {view}".strip(): number for node, view, number in connection.execute(rows)}
    box = {"score": 0.9, "left": 0.1, "top": 0.1, "width": 0.5, "height": 0.5, "image_id": None}
    connection.execute(insert(objects), [{"id": 1, "label": "person"}, {"id": 2, "label": "car"}])
    kinds = {"person": 1, "car": 2}
    for label, who, time in OBJECTS:
        found = {"object_id": kinds[label], "camera_id": numbers[who], "time_us": time * 1000}
        connection.execute(insert(detections).values(**box, **found))
    known = sorted({(name, region) for name, region, _, _ in PLATES})
    connection.execute(insert(plates), [{"id": i, "text": n, "region": r} for i, (n, r) in enumerate(known, 1)])
    for name, region, who, time in PLATES:
        seen = {"plate_id": known.index((name, region)) + 1, "camera_id": numbers[who], "time_us": time * 1000}
        connection.execute(insert(plate_sightings).values(**box, **seen))
    connection.execute(update(images).where(images.c.bytes == 1000).values(state="going"))


def document(engine: Engine) -> dict[str, Any]:
    """Return the dashboard for that database; for SQLite, which has none, that for PostgreSQL."""
    name = "mariadb" if engine.dialect.name in {"mysql", "mariadb"} else "postgresql"
    read: dict[str, Any] = json.loads((FOLDER / "dashboards" / f"imagehub-catalog-{name}.json").read_text())
    return read


def ask(engine: Engine, query: str, chosen: str = ALL) -> Rows:
    """Send a query as Grafana does, for the hour from eleven on, in points of ten minutes."""
    values = {
        "__from": str(at(0)), "__to": str(at(60)), "__interval_ms": str(10 * MINUTE), "camera:csv": chosen,
        "__from:date:YYYY-MM-DD": DAY, "__to:date:YYYY-MM-DD": DAY,
    }  # fmt: skip
    with engine.connect() as connection:
        return [tuple(map(plain, row)) for row in connection.execute(text(filled(query, values)))]


def plain(value: Any) -> Any:
    """Return a number as Grafana takes it: decimals become floats."""
    return float(value) if isinstance(value, Decimal) else value


def answers(engine: Engine, chosen: str = ALL) -> dict[str, Rows]:
    """Return what all panels show."""
    shown = panels(document(engine))
    assert all(len(panel["targets"]) == 1 for panel in shown)
    return {panel["title"]: ask(engine, panel["targets"][0]["rawSql"], chosen) for panel in shown}


def test_each_panel_shows_what_is_in_the_catalog(engine: Engine) -> None:
    """Counts, averages and last values, of the chosen time and no microsecond more."""
    assert answers(engine) == ANSWERS


def test_each_panel_shows_the_chosen_cameras_only(engine: Engine) -> None:
    """One of two."""
    chosen = [str(value) for value, name in ask(engine, variable(document(engine), "camera")["query"]) if name == PORCH]
    assert answers(engine, ",".join(chosen)) == ANSWERS_OF_THE_PORCH


def test_cameras_are_chosen_by_name(engine: Engine) -> None:
    """All at first, also those that come later."""
    choice = variable(document(engine), "camera")
    assert [name for _, name in ask(engine, choice["query"])] == [BARN, PORCH]
    assert (choice["current"]["value"], choice["allValue"]) == (["$__all"], ALL)


def test_series_come_in_the_order_of_time(engine: Engine) -> None:
    """Grafana wants a time, a name and a value, with the earliest first."""
    for panel in panels(document(engine)):
        if panel["targets"][0]["format"] == "time_series":
            times = [row[0] for row in ask(engine, panel["targets"][0]["rawSql"])]
            assert times == sorted(times)
            assert re.findall(r"AS (time|metric|value)\b", panel["targets"][0]["rawSql"]) == ["time", "metric", "value"]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_no_panel_reads_a_whole_table_that_grows(engine: Engine) -> None:
    """Each finds its rows by an index, says the plan of the one database whose plans hang on no statistics."""
    large = {"detections d", "events e", "images i", "plate_sightings s"}
    for panel in panels(document(engine)):
        query = panel["targets"][0]["rawSql"]
        names = {name.split()[1] for name in large if name in query}
        plan = [str(row[-1]) for row in ask(engine, f"EXPLAIN QUERY PLAN {query}")]
        assert [line for line in plan if line.split()[0] == "SCAN" and line.split()[1] in names] == [], panel["title"]


def reader_sql(name: str) -> list[str]:
    """Return the statements of the README that make the role."""
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(rf"^{name}, `.*?```sql\n(.*?)```", readme, re.DOTALL | re.MULTILINE)
    return [line for line in block.splitlines() if line]


@pytest.fixture(scope="module")
def reader(engine: Engine) -> Iterator[Engine]:
    """Give the catalog as the role of the README sees it."""
    with engine.begin() as connection:
        for statement in reader_sql("PostgreSQL" if engine.dialect.name == "postgresql" else "MariaDB"):
            connection.execute(text(statement))
    made = create_engine(make_url(engine.url).set(username="grafana", password="choose-one"))
    yield made
    made.dispose()


@pytest.mark.parametrize("engine", SERVERS, indirect=True)
def test_the_role_of_the_readme_can_ask_all_of_it(reader: Engine) -> None:
    """And gets the same answers."""
    assert answers(reader) == ANSWERS
    assert len(ask(reader, variable(document(reader), "camera")["query"])) == 2


def used(engine: Engine) -> set[str]:
    """Return the tables that the dashboard reads."""
    queries = [panel["targets"][0]["rawSql"] for panel in panels(document(engine))]
    return set(re.findall(r"\b(?:FROM|JOIN) ([a-z_]+)\b", " ".join(queries)))


@pytest.mark.parametrize("engine", SERVERS, indirect=True)
def test_the_role_of_the_readme_can_do_nothing_else(reader: Engine) -> None:
    """It reads no table that no panel shows, above all no users and tokens, and writes none."""
    others = set(metadata.tables) - used(reader)
    assert {"users", "tokens", "rules", "notifications", "audit_log", "hubs"} <= others
    attempts = [f"SELECT * FROM {name}" for name in sorted(others)] + [
        f"DELETE FROM {name}" for name in metadata.tables
    ]
    for attempt in attempts:
        with reader.connect() as connection, pytest.raises(DBAPIError, match=r"denied|read-only"):
            connection.execute(text(attempt))
