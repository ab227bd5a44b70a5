"""The status of a hub as a picture for a terminal: a few lines on the hub, and a row for each `node view`."""

import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn, TextIO

from imagehub.errors import ImagehubError
from imagehub.terminal import cells, columns, screen, units
from imagehub.terminal.columns import Column, Text

Document = Mapping[str, Any]

WATCH_SECONDS = 1.0
SILENT_SECONDS = 600.0  # the hub's own patience, unless its settings say otherwise
NEAR_IMAGES_LIMIT = 0.9
SHORT_OF_DISK = 0.05

BOLD, DIM, RED, GREEN, YELLOW = "1", "2", "31", "32", "33"
STATE_COLOURS = {"ready": GREEN, "starting": YELLOW, "draining": YELLOW}

REFUSED = Column("REFUSED", worth=1)
COLUMNS = (
    Column("NODE VIEW", worth=10, right=False, narrowest=12, widest=32),
    Column("LAST SEEN", worth=9),
    Column("IMG/S", worth=8),
    Column("IMAGES", worth=7),
    Column("BYTES", worth=4),
    Column("EVENTS", worth=3),
    Column("ACK P99", worth=2),
    REFUSED,
    Column("LAST EVENT", worth=5, right=False, narrowest=10),
)


def render(status: Document, width: int, colour: bool) -> list[str]:
    """Return the lines of the picture, none wider than `width`; `status` is what `status.query` returns."""
    head = (_hub(status), _today(status["today"]), _latency_and_room(status))
    return [
        *(columns.line(parts, width, colour) for parts in head),
        "",
        *_nodes(status["nodes"], width, colour),
    ]


def show(query: Callable[[], Document], watch: bool, stream: TextIO | None = None) -> int:
    """Print the picture, or with `watch` draw it every second until interrupted; return the exit code."""
    stream = stream if stream is not None else sys.stdout
    status = query()
    if not watch:
        print(*picture(status, stream), sep="\n", file=stream)
        return 0
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _watch(query, status, stream)
    except KeyboardInterrupt:
        return 0
    finally:
        signal.signal(signal.SIGTERM, before)


def picture(status: Document, stream: TextIO) -> list[str]:
    """Return the lines of the picture as they suit the terminal behind `stream`."""
    return render(status, screen.size(stream).columns, screen.wants_colour(stream))


def _watch(query: Callable[[], Document], status: Document, stream: TextIO) -> NoReturn:
    if not stream.isatty():
        _print_again_and_again(query, stream)
    with screen.Screen(stream) as terminal:
        while True:
            status, note = _ask_again(query, status)
            terminal.draw(picture(status, stream), ["", cells.fit(note, screen.size(stream).columns)])
            time.sleep(WATCH_SECONDS)


def _print_again_and_again(query: Callable[[], Document], stream: TextIO) -> NoReturn:
    while True:
        print(*picture(query(), stream), sep="\n", end="\n\n", file=stream, flush=True)
        time.sleep(WATCH_SECONDS)


def _ask_again(query: Callable[[], Document], last: Document) -> tuple[Document, str]:
    """Return the status and a line below it; where the hub is just being started again, its last status."""
    try:
        return query(), "Ctrl-C ends this view, not the hub"
    except ImagehubError as error:
        return {**last, "state": "no answer", "reason": None}, cells.clean(str(error))


def _hub(status: Document) -> list[Text]:
    state, reason = status["state"], status["reason"]
    return [
        Text(f"imagehub {status['version']}", BOLD),
        Text(f"{state}: {reason}" if reason else state, STATE_COLOURS.get(state, RED)),
        Text(f"up {units.span(status['uptime_seconds'])}"),
        Text(status["endpoint"]),
        Text(status["durability"]),
    ]


def _today(today: Document) -> list[Text]:
    images, limit, refused = today["images"], today["images_limit"], today["refused"]
    near_limit = images >= NEAR_IMAGES_LIMIT * limit
    return [
        Text("today", DIM),
        Text(units.counted(images, "image"), YELLOW if near_limit else ""),
        Text(units.size(today["bytes"])),
        Text(units.counted(today["events"], "event")),
        Text(f"{units.count(refused)} refused", YELLOW if refused else ""),
        Text(f"limit {units.count(limit)} images", YELLOW if near_limit else ""),
    ]


def _latency_and_room(status: Document) -> list[Text]:
    ack, queue = status["ack"], status["queue"]
    p50, p99 = units.span(ack["p50_seconds"]), units.span(ack["p99_seconds"])
    free, total = status["disk"]["free_bytes"], status["disk"]["total_bytes"]
    return [
        Text("ack  ", DIM),
        Text(f"p50 {p50}, p99 {p99}" if ack["count"] else "none yet"),
        Text(
            f"disk {units.size(free)} of {units.size(total)} free",
            RED if free < SHORT_OF_DISK * total else "",
        ),
        Text(f"queue {units.count(queue['waiting'])} of {units.count(queue['limit'])}"),
    ]


def _nodes(nodes: Sequence[Document], width: int, colour: bool) -> list[str]:
    if not nodes:
        return [columns.line([Text("no node has sent anything yet", DIM)], width, colour)]
    # What was refused matters more than most once there is any.
    refused = replace(REFUSED, worth=6) if any(node["refused"] for node in nodes) else REFUSED
    layout = [refused if column is REFUSED else column for column in COLUMNS]
    return columns.table(layout, [_row(node) for node in nodes], width, colour)


def _row(node: Document) -> list[Text]:
    """Return what the COLUMNS say of a node."""
    silent, refused, ack = node["silent_seconds"], node["refused"], node["ack_p99_seconds"]
    return [
        Text(f"{node['node']} {node['view']}".rstrip()),
        Text(units.ago(silent), YELLOW if silent >= SILENT_SECONDS else ""),
        Text(f"{node['images_per_second']:.1f}"),
        Text(units.count(node["images_today"])),
        Text(units.size(node["bytes_today"])),
        Text(units.count(node["events_today"])),
        Text(units.span(ack) if ack else "-"),
        Text(units.count(refused), YELLOW if refused else ""),
        Text(node["last_event"]),
    ]
