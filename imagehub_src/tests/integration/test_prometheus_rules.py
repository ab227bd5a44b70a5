"""The alert rules that the project ships fire when they should, on metrics that a hub has."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from promql import metrics_of, promtool, unknown

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "devops" / "prometheus"
RULES = FOLDER / "imagehub-rules.yml"
CASES = FOLDER / "imagehub-rules.test.yml"
GUIDE = ROOT / "docs" / "guide" / "monitoring.md"


def rules() -> list[dict[str, Any]]:
    """Return all alert rules."""
    found: list[dict[str, Any]] = [
        rule for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]
    ]
    return found


@pytest.mark.parametrize("words", [("check", "rules", RULES.name), ("check", "config", "scrape.yml")])
def test_prometheus_takes_the_files(words: tuple[str, ...]) -> None:
    """Rules and example configuration are what Prometheus itself reads without complaint."""
    done = promtool(FOLDER, *words)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_rule_fires_when_it_should_and_not_before() -> None:
    """Prometheus evaluates the rules over made-up days of hubs that are well and hubs that are not."""
    done = promtool(FOLDER, "test", "rules", CASES.name)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_rule_is_seen_to_fire_and_to_be_quiet() -> None:
    """Every alert has a case of both kinds."""
    cases = [case for test in yaml.safe_load(CASES.read_text())["tests"] for case in test["alert_rule_test"]]
    seen = {(case["alertname"], bool(case["exp_alerts"])) for case in cases}
    assert seen == {(rule["alert"], fires) for rule in rules() for fires in (True, False)}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_each_rule_asks_for_metrics_that_a_hub_has(rule: dict[str, Any]) -> None:
    """No rule is quiet because nobody serves what it asks for."""
    assert metrics_of(rule["expr"])
    assert not unknown(rule["expr"])


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_each_rule_leads_to_a_page_that_helps(rule: dict[str, Any]) -> None:
    """The runbook that an alert names is in the project, and names the alert."""
    page = ROOT / rule["annotations"]["runbook"]
    assert rule["alert"] in page.read_text(encoding="utf-8")


def test_the_guide_has_every_alert_and_no_other() -> None:
    """With its severity."""
    told = re.findall(r"^\| `(Imagehub\w+)` \|.*\| (\w+) \|$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert told == [(rule["alert"], rule["labels"]["severity"]) for rule in rules()]


def test_the_questions_in_the_guide_can_be_asked(tmp_path: Path) -> None:
    """Prometheus understands them, and hubs have what they ask for."""
    (block,) = re.findall(
        r"^Useful questions.*?```\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    questions = [line.partition("#")[0].strip() for line in block.splitlines()]
    records = [{"record": f"question:{number}", "expr": text} for number, text in enumerate(questions)]
    (tmp_path / "questions.yml").write_text(yaml.safe_dump({"groups": [{"name": "guide", "rules": records}]}))
    done = promtool(tmp_path, "check", "rules", "questions.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [unknown(text) for text in questions] == [set()] * len(questions)
    assert questions


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_a_misspelt_metric_is_found(rule: dict[str, Any], tmp_path: Path) -> None:
    """Here, and by Prometheus, whose cases of that rule fail."""
    wrong = re.sub(r"\b(imagehub_\w+|up)\b", r"\1x", rule["expr"].replace('job="imagehub"', 'job=~".*"'))
    assert wrong.count("x") > rule["expr"].count("x")
    assert unknown(wrong)
    document = yaml.safe_load(RULES.read_text())
    (broken,) = [each for each in document["groups"][0]["rules"] if each["alert"] == rule["alert"]]
    broken["expr"] = wrong
    (tmp_path / RULES.name).write_text(yaml.safe_dump(document))
    shutil.copy(CASES, tmp_path)
    done = promtool(tmp_path, "test", "rules", CASES.name)
    assert done.returncode != 0
    assert rule["alert"] in done.stdout + done.stderr
