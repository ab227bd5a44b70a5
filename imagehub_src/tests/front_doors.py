"""A front door as a user has it: a hub, a stock sender, a librarian that looks into pictures, and one rule."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import imagezmq
from sqlalchemy import func, select

from imagehub.librarian import accounts, schema
from imagehub.librarian.audit import Actor
from imagehub.librarian.catalog import writing
from mailboxes import Hook, hook
from running import running_hub, until
from sites import PASSWORD, Site, serving

NODE, VIEW = "Door", "front"
RATE = 5.0


@dataclass
class FrontDoor:
    """A camera that sends what it is given; `sent` are the times of the answers `OK`, `told` that of the first post."""

    site: Site
    hook: Hook
    sender: imagezmq.ImageSender
    sent: list[float] = field(default_factory=list)
    told: float | None = None

    def sees(self, pictures: Sequence[bytes]) -> None:
        """Send pictures, five a second, and mark when somebody is told."""
        begin = time.monotonic()
        for number, picture in enumerate(pictures):
            self._watch(begin + number / RATE)
            assert self.sender.send_jpg(f"{NODE} {VIEW}|jpg|", picture) == b"OK"
            self.sent.append(time.monotonic())

    def settled(self) -> None:
        """Wait until all that was sent is looked at."""
        until(lambda: self.site.taken() == len(self.sent) and not self._waiting(), "the worker", 60)

    def wait_told(self, seconds: float = 30) -> None:
        """Wait for the first post."""
        self._watch(time.monotonic() + seconds, leave=True)

    def _watch(self, end: float, leave: bool = False) -> None:
        while time.monotonic() < end and not (leave and self.told):
            if self.told is None and self.hook.posts:
                self.told = time.monotonic()
            threading.Event().wait(0.005)

    def _waiting(self) -> bool:
        """Tell whether images wait, or are looked at; votes may be counted later."""
        wanted = select(func.count()).select_from(schema.jobs).where(schema.jobs.c.kind == "objects")
        behind = select(func.max(schema.images.c.id)).scalar_subquery()
        come = select(schema.followers.c.image >= behind).where(schema.followers.c.name == "vision")
        with self.site.catalog() as engine, engine.connect() as connection:
            return bool(connection.execute(wanted).scalar()) or not connection.execute(come).scalar()

    def rule(self, camera: int, **more: Any) -> dict[str, Any]:
        """Return the one rule that a user makes: a person is at the front door."""
        return {
            "name": "a person is at the front door",
            "conditions": {"trigger": "object", "label": "person", "cameras": [camera]},
            "actions": [{"channel": "webhook", "target": self.hook.url}],
        } | more


@contextmanager
def front_door(folder: Path, models: Path, empty: bytes, **vision: Any) -> Iterator[FrontDoor]:
    """Give a fresh installation with one rule, once its worker looks: it has seen the door with nobody there."""
    settings = {"enabled": True, "models_directory": str(models)} | vision
    with (
        running_hub(folder / "hub") as hub,
        hook() as taker,
        imagezmq.ImageSender(connect_to=hub.endpoint) as sender,
    ):
        assert sender.send_jpg(f"{NODE} {VIEW}|jpg|", empty) == b"OK"
        with serving(folder / "librarian", hub.data, vision=settings) as site:
            made = FrontDoor(site, taker, sender, [time.monotonic()])
            _one_rule(made)
            made.sees([empty])
            made.settled()
            yield made


def _one_rule(made: FrontDoor) -> None:
    """Have the camera's pictures looked into, and make the rule, by the API."""
    with httpx.Client(
        base_url=f"{made.site.url}/api/v1", headers={"Authorization": f"Bearer {_token(made.site)}"}
    ) as api:
        (camera,) = api.get("/cameras").raise_for_status().json()["items"]
        api.patch(f"/cameras/{camera['id']}", json={"check_objects": True}).raise_for_status()
        api.post("/rules", json=made.rule(camera["id"])).raise_for_status()


def _token(site: Site) -> str:
    now = round(datetime.now(UTC).timestamp() * 1e6)
    with site.catalog() as engine, writing(engine) as connection:
        _, secret = accounts.add_user(connection, Actor(None, "test"), "admin", "", "administrator", None, now)
        user = accounts.use_reset(connection, secret, PASSWORD, now)
        return accounts.make_token(connection, user, "rules", accounts.SCOPES, None, now)
