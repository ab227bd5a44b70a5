#!/usr/bin/env python3
"""Take pictures of the librarian's pages for the documentation: of a yard, of a street, and of a colony's recordings.

    .venv/bin/python devops/scripts/make_page_screenshots.py docs/images [--only yard|street|sessions]

The recordings are made by real agents, with painted scenes as cameras. What vision shows of the street is what the
real models find there. Needs chromium, and the development environment.
"""

import argparse
import io
import math
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import cv2
from PIL import Image
from playwright.sync_api import Page
from sqlalchemy import Engine, func, select, update

from imagehub.demo.scene import Scene
from imagehub.journal import Entry

sys.path.append(str(Path(__file__).parents[2] / "imagehub_src" / "tests"))
from browsing import DESKTOP, PHONE, chromium, opened, sign_up
from colonies import AgentProcess, write_settings
from imagehub.colony.conductor.conductor import Conductor
from imagehub.librarian import schema
from imagehub.librarian.audit import Actor
from imagehub.librarian.catalog import writing
from imagehub.librarian.vision import regions
from imagehub.librarian.vision.queue import spans
from pictures_of import picture, vtest
from running import until
from sites import NOW, SESSIONS, Site, event, found_in, image, serving, write_journal
from vision_models import installed_models

MAX_BYTES = 150_000
COLONY = ("left", "right", "top")
RECORDINGS = {"arena__evening": ",drop=70+71", "arena__morning": ""}
RECORD_SECONDS = 6
VIDEOS_READY = "[...document.querySelectorAll('video')].every(video => video.readyState > 1)"
VIDEOS_WELL_ON = "[...document.querySelectorAll('video')].every(video => video.currentTime > 2.5)"
FADING_MILLISECONDS = 1000  # until the browser's buttons no longer lie over the videos
FEW_ROWS_HIGH = 280
NAMES = ("Barn P1", "BackDeck P1", "Driveway P1")
STEP, STEPS = timedelta(minutes=3, seconds=47), 360
# Where a person is who is half way: left, top, width, height.
MIDDLE = (0.45, 0.52, 0.1, 0.34)
PAGES = {
    "wall": "/",
    "gallery": "/gallery",
    "timeline": "/timeline",
    "readings": "/readings",
    "rules": "/rules/new",
    "storage": "/storage",
}


STREET = {"vision": "/vision", "objects": "/objects?span=week", "plates": "/plates", "regions": "/cameras/{}/regions"}
ZONES = [
    regions.Region(
        "pavement", "zone", ((0.02, 0.45), (0.6, 0.38), (0.97, 0.62), (0.7, 0.8), (0.45, 0.62), (0.02, 0.6))
    ),
    regions.Region("parked cars", "ignore", ((0.82, 0.04), (0.99, 0.04), (0.99, 0.18), (0.82, 0.18))),
]


def main() -> int:
    """Take the pictures into the folder that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    takers = {"yard": take_yard, "street": take_street, "sessions": take_sessions}
    parser.add_argument("--only", choices=takers, help="take these pictures alone")
    args = parser.parse_args()
    for name, take in takers.items():
        if args.only in {None, name}:
            take(args.folder)
    return 0


def take_yard(folder: Path) -> None:
    """Take what a librarian shows of a yard."""
    with yard() as site, signed_up(site) as page:
        for name, path in PAGES.items():
            keep(page, path, folder / f"librarian-{name}.webp")
        number = site.images(NAMES[2])[-1][0]
        found_in(site, number, "person", where=MIDDLE)
        keep(page, f"/images/{number}", folder / "librarian-picture.webp")
        page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        keep(page, "/", folder / "librarian-phone.webp")


def take_street(folder: Path) -> None:
    """Take what vision finds in a street."""
    with street() as site, signed_up(site) as page:
        for name, path in STREET.items():
            keep(page, path.format(site.cameras()["Street"]), folder / f"librarian-{name}.webp")


def take_sessions(folder: Path) -> None:
    """Take the list of a colony's recordings, and one of them in the midst of its videos."""
    with recorded() as site, signed_up(site) as page:
        page.set_viewport_size({"width": DESKTOP["width"], "height": FEW_ROWS_HIGH})
        keep(page, "/sessions", folder / "librarian-sessions.webp")
        page.set_viewport_size({"width": DESKTOP["width"], "height": DESKTOP["height"]})
        page.get_by_role("link", name="arena__morning").click()
        until(lambda: page.evaluate(VIDEOS_READY), "the videos to be ready")
        page.get_by_role("button", name="Play all").click()
        until(lambda: page.evaluate(VIDEOS_WELL_ON), "the videos to be played")
        page.get_by_role("button", name="Pause all").click()
        page.mouse.move(0, 0)
        page.wait_for_timeout(FADING_MILLISECONDS)
        shoot(page, folder / "librarian-session.webp")


@contextmanager
def signed_up(site: Site) -> Iterator[Page]:
    """Give a page of a browser, signed in."""
    with chromium() as browser, opened(browser, site, locale="en-GB") as page:
        sign_up(page, site)
        yield page


@contextmanager
def recorded() -> Iterator[Site]:
    """Give a librarian that has the recordings of three cameras, one of which lost frames in one of them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, (session, lost) in enumerate(RECORDINGS.items()):
            record(folder, folder / str(number), session, lost)
        entries = [image(folder / "hub", NAMES[0], NOW, Scene(1, NAMES[0]).frame(NOW.timestamp()))]
        write_journal(folder / "hub", entries)
        with serving(folder / "librarian", folder / "hub") as site:
            yield site


def record(root: Path, folder: Path, session: str, lost: str) -> None:
    """Record some seconds with three agents into the sessions of `root`; the last camera loses these frames."""
    folder.mkdir()
    sources = [f"synthetic:seed={number}{lost if number == 3 else ''}" for number in (1, 2, 3)]
    agents = [AgentProcess(folder, name, source) for name, source in zip(COLONY, sources, strict=True)]
    settings = write_settings(
        folder, {agent.name: agent.port for agent in agents}, {"framerate": 30, "resolution": (640, 480)},
        {"session_path": str(root / SESSIONS), "max_acquisition_time": RECORD_SECONDS},
    )  # fmt: skip
    try:
        for agent in agents:
            agent.start()
        with Conductor(settings, session) as conductor:
            conductor.start_acquisition()
            until(lambda: not conductor.acquiring, "the end of the recording", seconds=60)
    finally:
        for agent in agents:
            if agent.process is not None:
                agent.end()


@contextmanager
def street() -> Iterator[Site]:
    """Give a librarian whose worker has looked at a street and at a gate with a car."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        entries = list(passers(folder / "hub"))
        write_journal(folder / "hub", entries)
        vision = {"enabled": True, "models_directory": str(installed_models())}
        with serving(folder / "librarian", folder / "hub", taken=len(entries), vision=vision) as site:
            cameras = site.cameras()
            with site.catalog() as engine:
                with writing(engine) as connection:
                    connection.execute(update(schema.cameras).values(check_objects=True, alpr=True))
                    regions.change(connection, Actor(None, "demo"), cameras["Street"], ZONES)
                now = round(NOW.timestamp() * 1e6)
                spans.put_again(engine, "2000-01-01", "9999-01-01", (), now)
                until(lambda: looked_at(engine), "the worker", seconds=300)
            yield site


def passers(root: Path) -> Iterator[Entry]:
    """Yield what a street and a gate sent: people of a video now and then, and a car that comes every morning."""
    frames = list(video())
    for hour in range(20):
        start = NOW - timedelta(hours=3 * hour, minutes=7)
        for step in range(5):
            yield image(
                root, "Street", start + step * timedelta(seconds=2), frames[(hour * 37 + step * 8) % len(frames)]
            )
    for day in range(1, 8):
        for step in range(3):
            time = NOW.replace(hour=8, minute=12 + day) - timedelta(days=day, seconds=3 * step)
            yield image(root, "Gate", time, jpeg(Image.open(picture("plate-car"))))
    yield image(root, "Gate", NOW - timedelta(minutes=40), b"no picture")


def video() -> Iterator[bytes]:
    """Yield each frame of a video of a street."""
    read = cv2.VideoCapture(str(vtest()))
    while (frame := read.read())[0]:
        yield jpeg(Image.fromarray(frame[1][:, :, ::-1]))


def jpeg(shown: Image.Image) -> bytes:
    """Return a picture as a camera sends it."""
    file = io.BytesIO()
    shown.convert("RGB").save(file, "JPEG", quality=88)
    return file.getvalue()


def looked_at(engine: Engine) -> bool:
    """Tell whether nothing waits any more."""
    with engine.connect() as connection:
        waiting = select(func.count()).where(schema.jobs.c.state != "dead")
        return connection.execute(waiting.select_from(schema.jobs)).scalar_one() == 0


@contextmanager
def yard() -> Iterator[Site]:
    """Give a librarian that has the last day of three simulated cameras."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        entries = [entry for seed, camera in enumerate(NAMES, 1) for entry in day(folder / "hub", Scene(seed, camera))]
        write_journal(folder / "hub", entries)
        with serving(folder / "librarian", folder / "hub", taken=STEPS) as site:
            yield site


def day(root: Path, scene: Scene) -> Iterator[Entry]:
    """Yield what a camera sent in a day: a picture now and then, motion where somebody passed, temperatures."""
    for step in range(1, STEPS + 1):
        time = NOW - step * STEP
        passing = scene.passage(time.timestamp())
        if passing or step % 3 == 1:
            yield image(root, scene.name, time, scene.frame(time.timestamp() if step > 1 else walker(scene, time)))
        if passing:
            yield event(scene.name, time, "motion|moving")
        warmth = 55 + 12 * math.sin(time.timestamp() / 86400 * math.tau) + 2 * scene.seed
        yield event(scene.name, time, f"Temp|{warmth:.1f} F")


def walker(scene: Scene, time: datetime) -> float:
    """Return when, not long after a time, a person is in the middle of the picture."""
    later = (scene.passage(time.timestamp() + second) for second in count())
    passage = next(found for found in later if found and found.who == "person")
    return (passage.enters + passage.leaves) / 2


def keep(page: Page, path: str, file: Path) -> None:
    """Write what a page shows as WebP, as well as fits into MAX_BYTES."""
    page.goto(path, wait_until="networkidle" if path != "/" else "load")
    shoot(page, file)


def shoot(page: Page, file: Path) -> None:
    """Write what the page shows now."""
    with Image.open(io.BytesIO(page.screenshot())) as shown:
        for quality in range(90, 20, -10):
            shown.save(file, quality=quality, method=6)
            if file.stat().st_size < MAX_BYTES:
                return
    raise SystemExit(f"{file}: larger than {MAX_BYTES} bytes")


if __name__ == "__main__":
    sys.exit(main())
