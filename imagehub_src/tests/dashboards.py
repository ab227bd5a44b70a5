"""The dashboards for Grafana as their code makes them, for tests: their panels, and what Grafana makes of a query."""

import importlib
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "devops" / "grafana"
FILES = sorted((FOLDER / "dashboards").iterdir())
sys.path.append(str(FOLDER))
make: Any = importlib.import_module("make")


def panels(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the panels of a dashboard that show data."""
    return [panel for panel in document["panels"] if panel["type"] != "row"]


def variable(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what a viewer may choose under that name."""
    (found,) = [each for each in document["templating"]["list"] if each["name"] == name]
    return dict(found)


def filled(query: str, values: dict[str, str]) -> str:
    """Return a query with its variables replaced, as Grafana does it before a query is sent.

    `$name` and `${name}` stand for the value, `${name:format}` for the value in that format, which `values` has under
    the whole of `name:format`.
    """
    for name, value in sorted(values.items(), key=lambda pair: -len(pair[0])):
        query = query.replace(f"${{{name}}}", value).replace(f"${name}", value)
    assert "$" not in query, f"a variable that nobody replaces: {query}"
    return query
