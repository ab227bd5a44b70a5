"""The dashboards are what their code makes and what Grafana's schema allows, and read what we provision."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards import FILES, FOLDER, make, panels, variable

SCHEMAS = sorted((Path(__file__).parents[1] / "data" / "grafana").glob("*.json"))
COLUMNS = 24


@pytest.fixture(params=FILES, ids=lambda path: str(path.stem))
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Give each dashboard."""
    read: dict[str, Any] = json.loads(request.param.read_text(encoding="utf-8"))
    return read


def sources() -> dict[str, dict[str, Any]]:
    """Return the provisioned data sources by their uid."""
    files = (FOLDER / "provisioning" / "datasources").iterdir()
    found = [each for path in files for each in yaml.safe_load(path.read_text())["datasources"]]
    return {each["uid"]: each for each in found}


def lost(before: Any, after: Any, where: str = "") -> Iterator[str]:
    """Yield the places of what is in the one and not in the other; the SDK may add its defaults."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            yield from lost(value, after.get(name), f"{where}/{name}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, pair in enumerate(zip(before, after, strict=True)):
            yield from lost(*pair, f"{where}/{number}")
    elif before != after:
        yield where


def test_the_files_are_what_the_code_makes() -> None:
    """Whoever changed one without the other finds out."""
    assert {path.name: path.read_text(encoding="utf-8") for path in FILES} == make.dashboards()


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda path: str(path.stem))
def test_grafanas_schema_allows_it(document: dict[str, Any], schema: Path) -> None:
    """That of the oldest and the newest Grafana that we name."""
    jsonschema.Draft7Validator(json.loads(schema.read_text())).validate(document)


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda path: str(path.stem))
def test_the_schema_finds_what_is_wrong(document: dict[str, Any], schema: Path) -> None:
    """A misspelt field of a panel, and a panel without a type."""
    validator = jsonschema.Draft7Validator(json.loads(schema.read_text()))
    panels(document)[0]["titel"] = "misspelt"
    assert not validator.is_valid(document)
    del panels(document)[0]["titel"], panels(document)[0]["type"]
    assert not validator.is_valid(document)


def test_grafanas_own_types_know_each_option(document: dict[str, Any]) -> None:
    """Options of panels and queries, which the schema leaves open: what the SDK does not know is lost on the way."""
    register_default_plugins()
    kept = json.loads(json.dumps(Dashboard.from_json(document), cls=JSONEncoder))
    assert list(lost(document, kept)) == []


def test_an_option_that_no_panel_has_is_found(document: dict[str, Any]) -> None:
    """Misspelt, it would do nothing in silence."""
    register_default_plugins()
    panels(document)[0]["options"]["legned"] = True
    kept = json.loads(json.dumps(Dashboard.from_json(document), cls=JSONEncoder))
    assert list(lost(document, kept)) == ["/panels/1/options/legned"]


def test_panels_have_numbers_and_places_of_their_own(document: dict[str, Any]) -> None:
    """No two lie over each other, and none is wider than the page."""
    assert len({panel["id"] for panel in document["panels"]}) == len(document["panels"])
    places = [panel["gridPos"] for panel in document["panels"]]
    taken = [
        (x, y) for at in places for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < COLUMNS


def test_it_reads_the_data_source_that_is_provisioned(document: dict[str, Any]) -> None:
    """Of the plugin that each panel and each query is for."""
    choice = variable(document, "datasource")
    assert sources()[choice["current"]["value"]]["type"] == choice["query"]
    expected = {"type": choice["query"], "uid": "${datasource}"}
    users = [*panels(document), *(target for panel in panels(document) for target in panel["targets"])]
    users += [each for each in document["templating"]["list"] if each["type"] == "query"]
    assert [each["datasource"] for each in users] == [expected] * len(users)


def test_the_readme_has_each_file() -> None:
    """And says what it shows."""
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in FILES if f"`{path.name}`" not in readme] == []
