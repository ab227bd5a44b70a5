"""The dashboard of the librarian's catalog: what was found, read and measured, and how much is stored."""

from typing import NamedTuple

import catalog_queries as queries
import variables
from grafana_foundation_sdk.builders import barchart, bargauge, common, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard as DashboardBuilder
from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import StackingMode, VizOrientation
from grafana_foundation_sdk.models.dashboard import Dashboard, DataTransformerConfig, DynamicConfigValue


class Database(NamedTuple):
    """A database that the catalog may be in, and Grafana's plugin that reads it."""

    name: str
    plugin: str


DATABASES = (Database("PostgreSQL", "grafana-postgresql-datasource"), Database("MariaDB", "mysql"))
SERIES, TABLE = "time_series", "table"


class Query(Dataquery, Builder[Dataquery]):
    """A query in SQL: the SDK has no type for those."""

    def __init__(self, database: Database, sql: str, shape: str) -> None:
        self._database, self._sql, self._shape = database, sql, shape

    def build(self) -> Dataquery:
        """Return itself."""
        return self

    def to_json(self) -> dict[str, object]:
        """Return the query as the data source's plugin reads it."""
        return {
            "refId": "A",
            "datasource": variables.source_of(self._database.plugin),
            "editorMode": "code",
            "format": self._shape,
            "rawQuery": True,
            "rawSql": self._sql.strip(),
        }


def make(database: Database) -> Dashboard:
    """Return the dashboard for a catalog in that database."""
    uid = f"imagehub-catalog-{database.name.lower()}"
    choice = variables.datasource(database.plugin, f"imagehub catalog ({database.name})", uid)
    cameras = variables.several("camera", "Camera", queries.CAMERAS.strip(), database.plugin, queries.EVERY_CAMERA)
    builder = DashboardBuilder(f"imagehub catalog ({database.name})").uid(uid).tags(["imagehub"])
    builder.description("What cameras saw and measured. Made by devops/grafana/make.py.")
    builder.time("now-7d", "now").refresh("1m").with_variable(choice).with_variable(cameras)
    _objects(builder, database)
    _weather(builder, database)
    _amounts(builder, database)
    return builder.build()


def _objects(builder: DashboardBuilder, database: Database) -> None:
    builder.with_row(Row("Objects and licence plates"))
    builder.with_panel(_series("Objects over time", queries.OBJECTS_OVER_TIME, database).interval("1m"))
    builder.with_panel(
        bargauge.Panel()
        .title("Object counts")
        .datasource(variables.source_of(database.plugin))
        .with_target(Query(database, queries.OBJECT_COUNTS, TABLE))
        .reduce_options(common.ReduceDataOptions().values(values=True).calcs(["lastNotNull"]))
        .orientation(VizOrientation.HORIZONTAL)
        .min(0)
        .height(8)
        .span(6)
    )
    builder.with_panel(_table("Licence plates by frequency", queries.PLATES, database, ago="last_seen").span(6))


def _weather(builder: DashboardBuilder, database: Database) -> None:
    builder.with_row(Row("Temperature and humidity"))
    for kind in ("temperature", "humidity"):
        # A node sends a reading when it changes: points far apart belong together.
        panel = _series(kind.capitalize(), queries.readings(kind), database).interval("1m").span_nulls(span_nulls=True)
        builder.with_panel(panel.span(9))
    current = queries.current_values("temperature", "humidity", "light")
    builder.with_panel(_table("Current values", current, database, ago="measured").span(6))


def _amounts(builder: DashboardBuilder, database: Database) -> None:
    builder.with_row(Row("Images and events"))
    builder.with_panel(
        stat.Panel()
        .title("Stored now")
        .datasource(variables.source_of(database.plugin))
        .with_target(Query(database, queries.STORED, TABLE))
        .override_by_name("bytes", [DynamicConfigValue("unit", "bytes")])
        .unit("short")
        .height(8)
        .span(4)
    )
    for what in ("images", "events"):
        builder.with_panel(_days(what, database))


def _series(title: str, sql: str, database: Database) -> timeseries.Panel:
    source, query = variables.source_of(database.plugin), Query(database, sql, SERIES)
    return timeseries.Panel().title(title).datasource(source).with_target(query).height(8).span(12)


def _table(title: str, sql: str, database: Database, ago: str) -> table.Panel:
    """Return a table; the column `ago` holds a time."""
    source, query = variables.source_of(database.plugin), Query(database, sql, TABLE)
    panel = table.Panel().title(title).datasource(source).with_target(query).height(8)
    return panel.override_by_name(ago, [DynamicConfigValue("unit", "dateTimeFromNow")])


def _days(what: str, database: Database) -> barchart.Panel:
    matrix = {"columnField": "camera", "rowField": "day", "valueField": what}
    return (
        barchart.Panel()
        .title(f"{what.capitalize()} received by day and camera")
        .datasource(variables.source_of(database.plugin))
        .with_target(Query(database, queries.per_day(what), TABLE))
        .with_transformation(DataTransformerConfig(id_val="groupingToMatrix", options=matrix))
        .stacking(StackingMode.NORMAL)
        .legend(common.VizLegendOptions().show_legend(show_legend=True))
        .x_tick_label_max_length(len("YYYY-MM-DD"))
        .height(8)
        .span(10)
    )
