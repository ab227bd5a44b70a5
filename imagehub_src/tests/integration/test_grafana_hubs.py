"""Prometheus understands each question of the hubs' dashboard, and a hub's metrics answer it."""

import json
import re
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml

from calling import calling
from dashboards import FOLDER, filled, panels
from hubdata import event, image
from imagehub.librarian.schema import images
from imagehub.librarian.vision.queue import jobs, workers
from imagehub.librarian.web import metrics as librarian
from imagehub.librarian.web.times import now_us
from imagehub.metrics import Metrics
from imagehub.testing import FakeClock
from imagehub.wire import camera
from promql import documented, metrics_of, promtool, unknown
from requirements_here import require

try:
    from prometheus_client.parser import text_string_to_metric_families

    from imagehub.exposition import HubCollector

    installed = True
except ImportError:
    installed = False

DOCUMENT: dict[str, Any] = json.loads((FOLDER / "dashboards" / "imagehub-hubs.json").read_text())
VALUES = {"hub": "data1:.*|data2:.*", "node": ".*", "__rate_interval": "5m"}
EXPRESSIONS = [filled(target["expr"], VALUES) for panel in panels(DOCUMENT) for target in panel["targets"]]
VARIABLES = [each["query"] for each in DOCUMENT["templating"]["list"] if each["type"] == "query"]
STATUS = {
    "version": "1.2.3", "durability": "synced", "state": "ready", "reason": None, "uptime_seconds": 17.5,
    "queue": {"waiting": 3}, "disk": {"free_bytes": 1, "total_bytes": 2},
}  # fmt: skip


def samples() -> list[tuple[str, dict[str, str]]]:
    """Return name and labels of all that a hub with one busy camera shows, and of an alert."""
    require(installed, "the extra metrics: prometheus-client")
    clock, barn = FakeClock(), camera("Barn P1")
    metrics = Metrics(clock.now, clock.monotonic)
    metrics.stored([image(), event()])
    metrics.refused(barn, "disk full")
    metrics.passed_over(barn)
    metrics.acknowledged([(barn, timedelta(milliseconds=3).total_seconds())])
    shown = [each for metric in HubCollector(metrics, lambda: STATUS).collect() for each in metric.samples]
    alert = ("ALERTS", {"alertname": "ImagehubDown", "alertstate": "firing"})
    return [(each.name, dict(each.labels)) for each in shown] + [alert, *librarians_samples()]


def librarians_samples() -> list[tuple[str, dict[str, str]]]:
    """Return the same of a librarian with a job that waits and one that was done."""
    with TemporaryDirectory() as folder, calling(Path(folder)) as called:
        with called.site.writing() as connection:
            now = now_us()
            jobs.put(connection, jobs.OBJECTS, images.c.id <= 3, jobs.EVENT, now)
            workers.count(connection, "a:1", jobs.OBJECTS, now, 40_000)
        families = text_string_to_metric_families("".join(librarian.text(called.site)))
        return [(each.name, dict(each.labels)) for family in families for each in family.samples]


def series(name: str, labels: dict[str, str]) -> dict[str, str]:
    """Return a series as promtool reads it: it grows by one each minute."""
    words = ", ".join(f'{key}="{value}"' for key, value in {"instance": "data1:9555", **labels}.items())
    return {"series": f"{name}{{{words}}}", "values": "1+1x30"}


def answered(expression: str) -> dict[str, Any]:
    """Return a case that promtool passes if the expression has at least one answer."""
    return {
        "expr": f"count({expression}) > bool 0",
        "eval_time": "30m",
        "exp_samples": [{"labels": "{}", "value": 1}],
    }


def tried(folder: Path, expressions: list[str]) -> str:
    """Ask Prometheus, and return what it says of expressions without an answer."""
    cases = [answered(expression) for expression in expressions]
    test = {"interval": "1m", "input_series": [series(*each) for each in samples()], "promql_expr_test": cases}
    (folder / "test.yml").write_text(yaml.safe_dump({"rule_files": [], "tests": [test]}))
    done = promtool(folder, "test", "rules", "test.yml")
    return done.stdout + done.stderr if done.returncode else ""


def test_prometheus_answers_each_expression(tmp_path: Path) -> None:
    """On the metrics of a hub with one busy camera."""
    assert EXPRESSIONS
    assert tried(tmp_path, EXPRESSIONS) == ""


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_each_expression_asks_for_metrics_that_a_hub_has(expression: str) -> None:
    """No panel is empty because nobody serves what it asks for; Prometheus has no answer to a misspelt one."""
    assert metrics_of(expression)
    assert not unknown(expression)


def test_a_misspelt_metric_has_no_answer(tmp_path: Path) -> None:
    """Prometheus says so, for each expression."""
    wrong = [re.sub(r"\b(imagehub_\w+|ALERTS)\b", r"\1x", expression) for expression in EXPRESSIONS]
    said = tried(tmp_path, wrong)
    assert said.count("expr: ") == len(EXPRESSIONS)


def test_every_metric_is_shown_somewhere() -> None:
    """All that a hub tells, on one page; of a histogram the buckets."""
    shown = set().union(*map(metrics_of, EXPRESSIONS))
    assert {name for name in documented() - shown if not name.endswith(("_seconds_sum", "_seconds_count"))} == set()


@pytest.mark.parametrize("query", VARIABLES)
def test_a_choice_lists_a_label_that_a_metric_has(query: str) -> None:
    """Hubs by their address, nodes by their name."""
    (found,) = re.findall(r"^label_values\((\w+)(?:\{.*\})?, (\w+)\)$", query)
    metric, label = found
    labels = [labels for name, labels in samples() if name == metric]
    assert labels
    assert all(label in {"instance", *each} for each in labels)
