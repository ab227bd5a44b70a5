"""`imagenode probe`: does the node run, and do its cameras give images? Asked until they do, or the time is over."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from imagehub.errors import ImagehubError
from imagehub.node import status
from imagehub.node.settings.settings import NodeSettings
from imagehub.status import Document
from imagehub.terminal import units

PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds that never go back, and pauses."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


REAL = Clock()


def probe(settings: NodeSettings, deadline_seconds: float, clock: Clock = REAL) -> str:
    """Return in one line how the node with these settings is.

    A hub that does not answer is no fault of the node: it is told, and what the node sees waits.

    Raises:
        ImagehubError: no node answers, or a camera gives no images, until the deadline; says what was wrong at last.
    """
    end = clock.monotonic() + deadline_seconds
    while True:
        try:
            document = status.query(settings.runtime_directory)
            _check(document)
        except ImagehubError as error:
            if clock.monotonic() + PAUSE_SECONDS > end:
                raise ImagehubError(f"not well within {deadline_seconds:g} s: {error}") from error
        else:
            return _line(document)
        clock.sleep(PAUSE_SECONDS)


def _check(document: Document) -> None:
    faults = [f"camera {one['label']}: {one['fault'] or 'no image yet'}" for one in document["cameras"] if _blind(one)]
    if faults:
        raise ImagehubError("; ".join(faults))


def _blind(camera: Document) -> bool:
    return not camera["frames"] or camera["fault"] is not None


def _line(document: Document) -> str:
    cameras, delivery = units.counted(len(document["cameras"]), "camera"), document["delivery"]
    hub = f"{delivery['hub']} answers" if delivery and delivery["answering"] else "no hub answers yet"
    return f"node {document['node']} is well: {cameras} with images, {hub}"
