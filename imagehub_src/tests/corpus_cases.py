"""The corpus of messages in tests/corpus: what was sent, and what must come of it.

A case is a JSON file: `frames`, each as `text` or `hex` and perhaps repeated `times`; `outcome`, one of image, event,
heartbeat, test and refused; for a refusal `reason`, how it begins.
"""

import json
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "corpus"


class Case(NamedTuple):
    """One message of the corpus."""

    name: str
    frames: list[bytes]
    outcome: str
    reason: str


def cases() -> list[Case]:
    """Return the whole corpus."""
    return [_read(path) for path in sorted(FOLDER.glob("*.json"))]


def _read(path: Path) -> Case:
    case = json.loads(path.read_text(encoding="utf-8"))
    frames = [
        (frame["text"].encode() if "text" in frame else bytes.fromhex(frame["hex"])) * frame.get("times", 1)
        for frame in case["frames"]
    ]
    return Case(path.stem, frames, case["outcome"], case.get("reason", ""))
