"""A hub's data directory that grows as if a hub wrote to it: images, events and the journal."""

from datetime import UTC, datetime
from pathlib import Path

from imagehub import images
from imagehub.journal import Journal
from running import JPEG


class HubDirectory:
    """A data directory; what is added is acknowledged at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "journal").mkdir(parents=True)
        self._journal = Journal(root / "journal", None)

    def image(self, node: str, view: str, jpeg: bytes = JPEG, time: datetime | None = None) -> str:
        """Add an image and return its path."""
        at = (time or datetime.now(UTC)).astimezone()
        path = images.relative_path(f"{node} {view}", at)
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(jpeg)
        more = {"kind": "image", "type": "jpg", "text": f"{node} {view}|jpg|", "path": path, "bytes": len(jpeg)}
        self._add(node, view, at, more | {"checksum": "crc32:00000000"})
        return path

    def event(self, node: str, view: str, type_word: str, rest: str, time: datetime | None = None) -> None:
        """Add an event."""
        text = f"{node} {view}|{type_word}|{rest}"
        self._add(
            node, view, (time or datetime.now(UTC)).astimezone(), {"kind": "event", "type": type_word, "text": text}
        )

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def _add(self, node: str, view: str, at: datetime, more: dict[str, object]) -> None:
        entry = {"time": at.isoformat(timespec="microseconds"), "node": node, "view": view, "request": ""}
        self._journal.append([entry | more], at.date().isoformat())
        self._journal.commit(self._journal.written)
