"""What the hub looks after once a second: silence, a disk that had a fault, repeated complaints, the watchdog."""

import logging
import time
from collections.abc import Callable
from types import MappingProxyType

from imagehub.hub import Hub
from imagehub.notify import Notifier
from imagehub.throttle import Fields

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
STUCK_SECONDS = 30.0


class Minder:
    """Looks at the hub when its time has come; called by the thread that takes requests."""

    def __init__(
        self,
        hub: Hub,
        notifier: Notifier,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hub = hub
        self._notifier = notifier
        self._monotonic = monotonic
        self._due = monotonic()
        self._quiet_since = monotonic()
        self._heard = 0

    def pause_seconds(self) -> float:
        """Return how long nobody needs to look."""
        return max(0.0, self._due - self._monotonic())

    def look(self) -> None:
        """Do what is due."""
        now = self._monotonic()
        if now < self._due:
            return
        self._due = now + LOOK_SECONDS
        self._hub.throttle.flush()
        self._tell_silence(now)
        self._try_disk()
        if self._makes_progress(now):
            self._notifier.tell("WATCHDOG=1")

    def _tell_silence(self, now: float) -> None:
        patience = self._hub.settings.patience
        heard = self._hub.heard
        if heard != self._heard:
            self._heard, self._quiet_since = heard, now
        elif now - self._quiet_since >= patience * 60:
            self._say(f"No messages received for {patience} minutes.")
            self._quiet_since = now
        for row in self._hub.metrics.newly_silent(patience * 60):
            fields = {"node": row.camera.node, "view": row.camera.view}
            self._say(f"{row.camera.name} has been silent for {patience} minutes.", fields)

    def _try_disk(self) -> None:
        if self._hub.store.fault is not None and self._hub.store.probe():
            self._say("The disk takes images again.")

    def _makes_progress(self, now: float) -> bool:
        since = self._hub.committing_since
        return since is None or now - since < STUCK_SECONDS

    def _say(self, text: str, fields: Fields = MappingProxyType({})) -> None:
        log.warning("%s", text, extra={"fields": fields})
        self._hub.store.note(text)
