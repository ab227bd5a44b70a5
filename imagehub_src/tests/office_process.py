"""An office as a process, for tests that kill it: it puts events without end, and prints what is safe.

Each line is the count of its own events that are on disk or stored by a hub; since they go in order, it is the first
so many. Its arguments: the spool's folder, the hub's endpoint, and a word that the events begin with.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from imagehub.node.delivery import office
from imagehub.node.delivery.office import Office
from imagehub.node.delivery.post import Post
from imagehub.node.delivery.waiting import Limits
from imagehub.sender import BLACK_JPEG
from posting import settings


def main(folder: Path, endpoint: str, word: str) -> None:
    """Run until killed."""
    limits = Limits(messages=5, spill_seconds=0.0)
    made = Office(settings(endpoint, folder=folder), lambda _: None, office.Surroundings(limits=limits))
    # Only its own events are to be counted, not what it has to tell about itself.
    made._telling.due = lambda who: []  # type: ignore[method-assign]
    made.start()
    before = made.status()
    there = before.sent + before.waiting_on_disk  # of earlier runs
    number = 0
    while True:
        for _ in range(3):
            number += 1
            made.put(Post(f"Barn P1|count|{word}-{number}", BLACK_JPEG, datetime.now(UTC)))
        status = made.status()
        print(status.sent + status.waiting_on_disk - there, flush=True)
        time.sleep(0.002)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
