#!/usr/bin/env python3
"""Take pictures of the librarian's pages for the documentation, of a yard with three simulated cameras.

    .venv/bin/python devops/scripts/make_page_screenshots.py docs/images

Needs chromium, and the development environment.
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

from PIL import Image
from playwright.sync_api import Page

from imagehub.demo.scene import Scene
from imagehub.journal import Entry

sys.path.append(str(Path(__file__).parents[2] / "imagehub_src" / "tests"))
from browsing import PHONE, chromium, opened, sign_up
from sites import NOW, Site, event, found_in, image, serving, write_journal

MAX_BYTES = 150_000
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


def main() -> int:
    """Take the pictures into the folder that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    folder = parser.parse_args().folder
    with yard() as site, chromium() as browser, opened(browser, site, locale="en-GB") as page:
        sign_up(page, site)
        for name, path in PAGES.items():
            keep(page, path, folder / f"librarian-{name}.webp")
        number = site.images(NAMES[2])[-1][0]
        found_in(site, number, "person", where=MIDDLE)
        keep(page, f"/images/{number}", folder / "librarian-picture.webp")
        page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        keep(page, "/", folder / "librarian-phone.webp")
    return 0


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
    with Image.open(io.BytesIO(page.screenshot())) as shown:
        for quality in range(90, 20, -10):
            shown.save(file, quality=quality, method=6)
            if file.stat().st_size < MAX_BYTES:
                return
    raise SystemExit(f"{file}: larger than {MAX_BYTES} bytes")


if __name__ == "__main__":
    sys.exit(main())
