"""The dashboard of the metrics of hubs and librarians: whether they store, how quickly, and what each camera sends."""

from typing import NamedTuple

import variables
from grafana_foundation_sdk.builders import prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard as DashboardBuilder
from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models.dashboard import Dashboard, DataTransformerConfig
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

PLUGIN = "prometheus"
HUB = 'instance=~"$hub"'
CAMERA = 'instance=~"$hub", node=~"$node"'


class Chart(NamedTuple):
    """A panel: its title, its unit, and its series as PromQL and legend."""

    title: str
    unit: str
    series: tuple[tuple[str, str], ...]


def _rate(metric: str) -> str:
    return f"sum by (instance, node, view) (rate({metric}{{{CAMERA}}}[$__rate_interval]))"


def _reply_time(quantile: float) -> str:
    buckets = f"sum by (instance, le) (rate(imagehub_ack_seconds_bucket{{{HUB}}}[$__rate_interval]))"
    return f"histogram_quantile({quantile}, {buckets})"


STATE = (
    Chart("Stores", "bool_yes_no", ((f"imagehub_ready{{{HUB}}}", "{{instance}}"),)),
    Chart("Up for", "s", ((f"imagehub_uptime_seconds{{{HUB}}}", "{{instance}}"),)),
    Chart(
        "Disk free",
        "percentunit",
        ((f"imagehub_disk_free_bytes{{{HUB}}} / imagehub_disk_total_bytes{{{HUB}}}", "{{instance}}"),),
    ),
)
ALERTS = f'ALERTS{{alertname=~"Imagehub.+", {HUB}}}'
VERSIONS = f"imagehub_info{{{HUB}}}"
HUBS = (
    Chart("Reply time", "s", ((_reply_time(0.5), "{{instance}} half"), (_reply_time(0.99), "{{instance}} 99 of 100"))),
    Chart("Requests waiting", "short", ((f"imagehub_queue_requests{{{HUB}}}", "{{instance}}"),)),
    Chart(
        "Not stored",
        "short",
        ((f"increase(imagehub_not_stored_total{{{HUB}}}[$__rate_interval])", "{{instance}} {{reason}}"),),
    ),
    Chart(
        "Requests that came twice",
        "short",
        ((f"increase(imagehub_repeats_total{{{HUB}}}[$__rate_interval])", "{{instance}}"),),
    ),
    Chart(
        "Commands handed to nodes",
        "short",
        ((f"increase(imagehub_commands_handed_over_total{{{HUB}}}[$__rate_interval])", "{{instance}}"),),
    ),
    Chart(
        "Disk free, and in three days if it goes on",
        "bytes",
        (
            (f"imagehub_disk_free_bytes{{{HUB}}}", "{{instance}}"),
            (f"predict_linear(imagehub_disk_free_bytes{{{HUB}}}[6h], 3 * 86400)", "{{instance}} in three days"),
        ),
    ),
)


LEGEND = "{{node}} {{view}}"
CAMERAS = (
    Chart("Images per second", "short", ((_rate("imagehub_images_received_total"), LEGEND),)),
    Chart("Bytes per second", "Bps", ((_rate("imagehub_images_received_bytes_total"), LEGEND),)),
    Chart("Events per second", "short", ((_rate("imagehub_events_received_total"), LEGEND),)),
    Chart("Silent for", "s", ((f"time() - imagehub_last_seen_timestamp_seconds{{{CAMERA}}}", LEGEND),)),
    Chart("Refused per second", "short", ((_rate("imagehub_refused_total"), LEGEND),)),
    Chart("Made way for newer images, per second", "short", ((_rate("imagehub_passed_over_total"), LEGEND),)),
)


def _librarians(metric: str, sum_by: str = "", over: str = "") -> str:
    asked = f"imagehub_librarian_{metric}"
    asked = f"increase({asked}[{over}])" if over else asked
    return f"sum by (instance, {sum_by}) ({asked})" if sum_by else asked


# A librarian listens at a port of its own, so the hubs that are chosen above don't choose among them.
LIBRARIANS = (
    Chart("Behind the journal, in lines", "short", ((_librarians("behind_lines"), "{{instance}} {{hub}}"),)),
    Chart(
        "In the catalog",
        "short",
        ((_librarians("images"), "{{instance}} images"), (_librarians("events"), "{{instance}} events")),
    ),
    Chart("Bytes of images", "bytes", ((_librarians("bytes"), "{{instance}}"),)),
    Chart(
        "Jobs of vision that wait",
        "short",
        (
            (_librarians("jobs_waiting", "kind"), "{{instance}} {{kind}}"),
            (_librarians("jobs_running"), "{{instance}} running"),
            (_librarians("jobs_dead"), "{{instance}} put aside"),
        ),
    ),
    Chart("Oldest job is due for", "s", ((_librarians("jobs_oldest_seconds"), "{{instance}}"),)),
    Chart(
        "Workers, and images a second",
        "short",
        (
            (_librarians("workers"), "{{instance}} workers"),
            (_librarians("images_per_second"), "{{instance}} images per second"),
        ),
    ),
    Chart("Time for an image", "s", ((_librarians("image_seconds"), "{{instance}}"),)),
    Chart(
        "Jobs done, and tries that failed",
        "short",
        (
            (_librarians("jobs_done_total", "kind", "$__rate_interval"), "{{instance}} {{kind}}"),
            (_librarians("jobs_failed_total", "kind", "$__rate_interval"), "{{instance}} {{kind}} failed"),
            (_librarians("images_dropped_total", "", "$__rate_interval"), "{{instance}} dropped"),
        ),
    ),
    Chart(
        "Time that workers were at jobs",
        "s",
        ((_librarians("jobs_busy_seconds_total", "kind", "$__rate_interval"), "{{instance}} {{kind}}"),),
    ),
)


def make() -> Dashboard:
    """Return the dashboard."""
    builder = DashboardBuilder("imagehub hubs").uid("imagehub-hubs").tags(["imagehub"])
    builder.description("Hubs as Prometheus sees them. Made by devops/grafana/make.py.")
    builder.time("now-24h", "now").refresh("30s")
    builder.with_variable(variables.datasource(PLUGIN, "Prometheus", "imagehub-prometheus"))
    seen = f"label_values(imagehub_last_seen_timestamp_seconds{{{HUB}}}, node)"
    builder.with_variable(variables.several("hub", "Hub", "label_values(imagehub_info, instance)", PLUGIN, ".*"))
    builder.with_variable(variables.several("node", "Node", seen, PLUGIN, ".*"))
    builder.with_row(Row("Now"))
    for chart in STATE:
        builder.with_panel(_stat(chart))
    builder.with_panel(_table("Alerts", ALERTS, 5)).with_panel(_table("Versions", VERSIONS, 4))
    builder.with_panel(_table("Librarians", _librarians("info"), 3))
    for title, charts, span in (("Cameras", CAMERAS, 8), ("Hubs", HUBS, 12), ("Librarians", LIBRARIANS, 8)):
        builder.with_row(Row(title))
        for chart in charts:
            builder.with_panel(_lines(chart).span(span))
    return builder.build()


def _query(expression: str, legend: str = "", letter: str = "A") -> prometheus.Dataquery:
    source = variables.source_of(PLUGIN)
    return prometheus.Dataquery().expr(expression).legend_format(legend).ref_id(letter).datasource(source)


def _stat(chart: Chart) -> stat.Panel:
    panel = stat.Panel().title(chart.title).unit(chart.unit).datasource(variables.source_of(PLUGIN)).height(6).span(4)
    for expression, legend in chart.series:
        panel.with_target(_query(expression, legend).instant())
    return panel


def _table(title: str, expression: str, span: int) -> table.Panel:
    """Return a table of the labels; the value says nothing."""
    hidden = {"excludeByName": {"Time": True, "Value": True, "__name__": True, "job": True}}
    return (
        table.Panel()
        .title(title)
        .datasource(variables.source_of(PLUGIN))
        .with_target(_query(expression).instant().format(PromQueryFormat.TABLE))
        .with_transformation(DataTransformerConfig(id_val="organize", options=hidden))
        .no_value("none")
        .height(6)
        .span(span)
    )


def _lines(chart: Chart) -> timeseries.Panel:
    panel = timeseries.Panel().title(chart.title).unit(chart.unit).datasource(variables.source_of(PLUGIN)).height(8)
    for letter, (expression, legend) in zip("ABCD", chart.series, strict=False):
        panel.with_target(_query(expression, legend, letter).range())
    return panel
