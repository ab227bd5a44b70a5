"""The status of a hub, for a terminal."""

import io
from typing import Any

import pytest

from imagehub.errors import ImagehubError
from imagehub.terminal import cells, table

Document = dict[str, Any]


def node(name: str, **changes: Any) -> Document:
    """A node's part of the status."""
    first, _, view = name.partition(" ")
    return {
        "node": first,
        "view": view,
        "last_seen": "2026-03-14T09:26:53.589793+00:00",
        "silent_seconds": 0.23,
        "images_today": 1234,
        "events_today": 17,
        "bytes_today": 61_200_000,
        "images_per_second": 4.93,
        "ack_p99_seconds": 0.0041,
        "refused": 0,
        "passed_over": 0,
        "last_event": "motion|moving",
        **changes,
    }


def status(*nodes: Document, **changes: Any) -> Document:
    """A status with these nodes."""
    return {
        "version": "0.1.0",
        "pid": 1,
        "uptime_seconds": 133,
        "state": "ready",
        "reason": None,
        "endpoint": "tcp://*:5555",
        "durability": "synced",
        "data_directory": "/srv/imagehub_data",
        "queue": {"waiting": 3, "limit": 500},
        "ack": {"count": 10, "p50_seconds": 0.0012, "p99_seconds": 0.0041},
        "disk": {"free_bytes": 41_000_000_000, "total_bytes": 58_000_000_000},
        "today": {"images": 3721, "events": 52, "bytes": 183_000_000, "refused": 0, "images_limit": 5000},
        "nodes": list(nodes),
        **changes,
    }


def test_eighty_columns_show_the_hub_and_its_nodes() -> None:
    """On a terminal of the usual width everything that matters from day to day is there, aligned."""
    document = status(node("BackDeck P1"), node("穀倉 前", silent_seconds=7300, last_event="Temp|68 F"))
    assert table.render(document, 80, colour=False) == [
        "imagehub 0.1.0  ready  up 2 min 13 s  tcp://*:5555  synced",
        "today  3,721 images  175 MiB  52 events  0 refused  limit 5,000 images",
        "ack    p50 1.2 ms, p99 4.1 ms  disk 38.2 GiB of 54.0 GiB free  queue 3 of 500",
        "",
        "NODE VIEW    LAST SEEN  IMG/S  IMAGES     BYTES  EVENTS  ACK P99  LAST EVENT",
        "BackDeck P1  0.2 s ago    4.9   1,234  58.4 MiB      17   4.1 ms  motion|moving",
        "穀倉 前        2 h ago    4.9   1,234  58.4 MiB      17   4.1 ms  Temp|68 F",
    ]


@pytest.mark.parametrize("width", [10, 20, 40, 60, 79, 100, 200])
def test_no_line_is_wider_than_asked_for(width: int) -> None:
    """The picture fits whatever window it gets."""
    names = ["Barn P1", "穀倉 前", "a-node-with-a-very-long-name and a very long view as well", "ไม้ P1"]
    lines = table.render(status(*map(node, names)), width, colour=False)
    assert max(map(cells.width, lines)) <= width


def test_refusals_take_a_place_among_eighty_columns_once_there_are_any() -> None:
    """Whoever looks sees that something was not stored."""
    lines = table.render(status(node("Barn P1"), node("BackDeck P1", refused=3)), 80, colour=False)
    assert [line.split()[-2] for line in lines[-2:]] == ["0", "3"]
    assert "REFUSED" in lines[-3]


def test_what_wants_attention_is_coloured() -> None:
    """A full disk, a silent node and a limit that is near stand out; a hub in order is quiet."""
    quiet = "\n".join(table.render(status(node("Barn P1")), 80, colour=True))
    loud = "\n".join(
        table.render(
            status(
                node("Barn P1", silent_seconds=7300),
                state="full",
                reason="disk full",
                disk={"free_bytes": 100, "total_bytes": 58_000_000_000},
                today={"images": 4900, "events": 0, "bytes": 1, "refused": 9, "images_limit": 5000},
            ),
            100,
            colour=True,
        )
    )
    assert "\x1b[31m" not in quiet
    assert "\x1b[33m" not in quiet
    assert "\x1b[31mfull: disk full\x1b[0m" in loud
    assert "\x1b[31mdisk 100 B of 54.0 GiB free\x1b[0m" in loud
    for text in ("4,900 images", "9 refused", "  2 h ago"):
        assert f"\x1b[33m{text}\x1b[0m" in loud


def test_names_and_events_can_not_control_the_terminal() -> None:
    """What a sender wrote is shown and not obeyed."""
    lines = table.render(status(node("Barn P1", last_event="\x1b]0;owned\x07\x1b[2J")), 120, colour=False)
    assert not any(character < " " or character == "\x7f" for line in lines for character in line)
    assert "?]0;owned??[2J" in lines[-1]


def test_a_hub_without_nodes_says_so() -> None:
    """A fresh hub's picture is no empty table."""
    assert table.render(status(), 80, colour=False)[-1] == "no node has sent anything yet"


def test_showing_prints_once_and_without_colour_where_there_is_no_terminal() -> None:
    """The picture can be mailed or logged as it is."""
    stream = io.StringIO()
    assert table.show(lambda: status(node("Barn P1")), watch=False, stream=stream) == 0
    assert stream.getvalue().splitlines() == table.render(status(node("Barn P1")), 80, colour=False)


def test_watching_goes_on_until_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is how a watch ends, and no error."""
    monkeypatch.setattr(table, "WATCH_SECONDS", 0)
    documents = iter([status(), status(node("Barn P1"))])

    def query() -> Document:
        document = next(documents, None)
        if document is None:
            raise KeyboardInterrupt
        return document

    stream = io.StringIO()
    assert table.show(query, watch=True, stream=stream) == 0
    assert "Barn P1" in stream.getvalue()


def test_a_hub_that_does_not_answer_is_an_error() -> None:
    """Showing the status of no hub says why there is none."""

    def query() -> Document:
        raise ImagehubError("no hub answers")

    with pytest.raises(ImagehubError, match="no hub answers"):
        table.show(query, watch=False, stream=io.StringIO())
