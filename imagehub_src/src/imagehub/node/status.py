"""What `imagenode status` shows: a document that the running node gives to whoever connects to its local socket."""

from pathlib import Path
from typing import Any

from imagehub import status
from imagehub.status import Document
from imagehub.terminal import units


def query(runtime_directory: Path) -> Document:
    """Ask the node that runs there for its status.

    Raises:
        ImagehubError: no node answers; says what to look at.
    """
    return status.query(runtime_directory, "node")


def as_text(document: Document) -> str:
    """Return a status document as lines to read."""
    lines = [f"node {document['node']}, up {units.span(document['uptime_seconds'])}, imagehub {document['version']}"]
    lines += [_camera(one) for one in document["cameras"]]
    lines += [f"agent: {state}" for state in document["agents"]]
    lines += _delivery(document["delivery"]) if document["delivery"] else ["the sender is being opened"]
    lines += [f"fault: {fault}" for fault in document["faults"]]
    return "\n".join(lines)


def _delivery(one: dict[str, Any]) -> list[str]:
    silent = "" if one["answering"] else f" does not answer: {one['last_error'] or 'no reply'}"
    return [
        f"hub {one['hub']}{silent}",
        f"sent {one['sent']}, dropped {one['dropped']}, refused {one['refused']}",
        f"waiting: {one['waiting_in_memory']} in memory, {one['waiting_on_disk']} in the spool",
    ]


def _camera(one: dict[str, Any]) -> str:
    size = "x".join(map(str, one["resolution"] or [])) or "no image yet"
    doing = ", lent to an agent" if one["lent"] else ""
    fault = f" - {one['fault']}" if one["fault"] else ""
    return f"camera {one['label']} ({one['name']}): {one['frames_per_second']:g} images/s, {size}{doing}{fault}"
