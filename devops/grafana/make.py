"""Writes the files in dashboards/: `.venv/bin/python devops/grafana/make.py`, after a change of what they show."""

import json
from pathlib import Path
from typing import Any

import catalog_dashboard
import hub_dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

FOLDER = Path(__file__).parent / "dashboards"


def dashboards() -> dict[str, str]:
    """Return the text of each dashboard by the name of its file."""
    made = [hub_dashboard.make(), *map(catalog_dashboard.make, catalog_dashboard.DATABASES)]
    return {f"{dashboard.uid}.json": text(dashboard) for dashboard in made}


def text(dashboard: Dashboard) -> str:
    """Return a dashboard as Grafana reads it."""
    for number, panel in enumerate(dashboard.panels or [], 1):
        panel.id_val = number
        if isinstance(panel, Panel):
            panel.options = panel.options or {}
    document: dict[str, Any] = json.loads(json.dumps(dashboard, cls=JSONEncoder))
    _drop_what_is_gone(document)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _drop_what_is_gone(document: dict[str, Any]) -> None:
    """Take out what the SDK writes for Grafana 10.1, and 10.4 and newer do not know."""
    del document["style"]
    for variable in document["templating"]["list"]:
        for name in ("id", "auto", "auto_min", "auto_count"):
            del variable[name]


def main() -> None:
    """Write each file."""
    for name, content in dashboards().items():
        (FOLDER / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
