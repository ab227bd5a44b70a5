"""What Prometheus is asked in tests: which metrics an expression names, and what promtool says of it."""

import re
import shutil
import subprocess
from pathlib import Path

from requirements_here import require

METRICS = Path(__file__).parents[2] / "docs" / "ref" / "metrics.md"
# Prometheus itself makes these.
OF_PROMETHEUS = {"up", "ALERTS"}
WORDS_OF_PROMQL = {
    "by",
    "without",
    "on",
    "ignoring",
    "or",
    "and",
    "unless",
    "offset",
    "bool",
    "group_left",
    "group_right",
}


def metrics_of(expression: str) -> set[str]:
    """Return the names of the metrics in a PromQL expression."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^]]*\]|\b(?:by|without|on|ignoring)\s*\([^)]*\)', " ", expression)
    names = re.findall(r"(?<![\w.])[a-zA-Z_:][\w:]*(?!\w*\s*\()", bare)
    return set(names) - WORDS_OF_PROMQL


def documented() -> set[str]:
    """Return the metrics that a hub has, with the series that Prometheus makes of a histogram."""
    table = re.findall(r"^\| (`imagehub_.*?) \| (\w+) \|", METRICS.read_text(encoding="utf-8"), re.MULTILINE)
    found = set()
    for names, kind in table:
        for name in re.findall(r"`(\w+)`", names):
            found |= {f"{name}_{end}" for end in ("bucket", "sum", "count")} if kind == "histogram" else {name}
    return found


def unknown(expression: str) -> set[str]:
    """Return the metrics in an expression that no hub has."""
    return metrics_of(expression) - documented() - OF_PROMETHEUS


def promtool(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run promtool in a folder."""
    require(shutil.which("promtool"), "no promtool (Debian: prometheus)")
    return subprocess.run(["promtool", *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
