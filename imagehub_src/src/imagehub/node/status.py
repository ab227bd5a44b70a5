"""What `imagenode status` shows: a document that the running node gives to whoever connects to its local socket."""

import json
from pathlib import Path
from typing import Any

from imagehub import local
from imagehub.errors import ImagehubError
from imagehub.status import ANSWER_SECONDS, SOCKET_NAME, Document
from imagehub.terminal import units


def query(runtime_directory: Path) -> Document:
    """Ask the node that runs there for its status.

    Raises:
        ImagehubError: no node answers; says what to look at.
    """
    try:
        with local.connect(runtime_directory / SOCKET_NAME, ANSWER_SECONDS) as stream:
            document: Document = json.loads(b"".join(iter(lambda: stream.recv(65536), b"")))
    except PermissionError:
        raise ImagehubError(
            f"not allowed to ask the node at {runtime_directory}: be the node's user or in its group"
        ) from None
    except (OSError, ValueError) as error:
        raise ImagehubError(
            f"no node answers at {runtime_directory} ({error}); is it running, and are these its settings (--path)?"
        ) from None
    return document


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
