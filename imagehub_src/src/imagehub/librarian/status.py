"""`imagehub-librarian status`: how far the catalog is, and what waits to be looked into."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, TextIO

from sqlalchemy import Engine

from imagehub import __version__
from imagehub.errors import ImagehubError
from imagehub.librarian import health
from imagehub.librarian.queries import statistics
from imagehub.librarian.settings import Settings
from imagehub.librarian.vision.models import manifest
from imagehub.librarian.vision.queue import rates
from imagehub.terminal import units

Document = dict[str, Any]
PRIORITIES = {3: "asked for", 2: "with events", 1: "without", 0: "looked at again"}


def show(engine: Engine, settings: Settings, as_json: bool, stream: TextIO) -> int:
    """Print the status and return 0."""
    found = document(engine, settings, time.time_ns() // 1000)
    if as_json:
        print(json.dumps(found, indent=2), file=stream)
    else:
        print(*lines(found), sep="\n", file=stream)
    return 0


def document(engine: Engine, settings: Settings, now_us: int) -> Document:
    """Return the status; docs/ref/metrics.md explains its keys."""
    with engine.connect() as connection:
        state = rates.state(connection, now_us)
        return {
            "version": __version__,
            "hubs": [asdict(hub) for hub in health.of_all(connection)],
            "catalog": asdict(statistics.totals(connection, None)),
            "vision": {"enabled": settings.vision.enabled} | _vision(state),
            "models": _models(settings),
        }


def _vision(state: rates.State) -> Document:
    waiting = [
        {"kind": kind, "priority": priority, "jobs": count} for (kind, priority), count in sorted(state.waiting.items())
    ]
    return {
        "waiting": waiting,
        "running": state.running,
        "dead": state.dead,
        "dropped": state.dropped,
        "oldest_seconds": state.oldest_us / 1e6,
        "images_per_second": round(state.images_per_second, 2),
        "ms_per_image": round(state.ms_per_image, 1),
        "workers": [asdict(worker) for worker in state.workers],
    }


def _models(settings: Settings) -> list[Document]:
    try:
        installed = manifest.installed(settings.models_directory)
    except ImagehubError as error:
        return [{"error": str(error)}]
    return [
        {"name": model.name, "version": model.version, "kind": model.kind, "licence": model.licence}
        for model in installed
    ]


def lines(found: Document) -> Iterator[str]:
    """Yield the status as lines for people."""
    yield f"imagehub-librarian {found['version']}"
    for hub in found["hubs"]:
        behind = units.counted(hub["behind"], "line") + " behind" if hub["behind"] else "up to date"
        yield f"hub       {hub['data_directory']}: {hub['state']}, {behind}"
    catalog = found["catalog"]
    counts = (units.counted(catalog["images"], "image"), units.counted(catalog["events"], "event"))
    yield f"catalog   {', '.join(counts)}, {units.size(catalog['bytes'])}"
    yield from _vision_lines(found["vision"])
    names = [model.get("error") or f"{model['name']} {model['version']}" for model in found["models"]]
    yield f"models    {', '.join(names) or 'none: imagehub-librarian models install'}"


def _vision_lines(vision: Document) -> Iterator[str]:
    if not vision["enabled"]:
        yield "vision    off"
        return
    waiting = [row for row in vision["waiting"] if row["kind"] == "objects"]
    parts = [f"{units.count(row['jobs'])} {PRIORITIES[row['priority']]}" for row in reversed(waiting)]
    since = f", for {units.span(vision['oldest_seconds'])}" if waiting else ""
    total = sum(row["jobs"] for row in waiting)
    yield f"waiting   {units.counted(total, 'image')}{' (' + ', '.join(parts) + ')' if parts else ''}{since}"
    yield f"running   {units.counted(vision['running'], 'job')}; put aside: {units.count(vision['dead'])}"
    yield f"rate      {vision['images_per_second']:g} images/s, {vision['ms_per_image']:g} ms an image"
    for worker in vision["workers"]:
        yield f"worker    {worker['name']}: {worker['model']}, {'there' if worker['alive'] else 'gone'}"
    if not vision["workers"]:
        yield "worker    none"
