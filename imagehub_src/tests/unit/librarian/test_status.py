"""`imagehub-librarian status` tells how far the catalog is and what waits."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from happenings import NOON
from imagehub.librarian import cli, status
from imagehub.librarian.catalog import writing
from imagehub.librarian.vision.queue import jobs, workers
from imagehub.librarian.vision.working.loop import now_us
from looking_into import Gallery, gallery

DOCS = Path(__file__).parents[4] / "docs"


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Gallery]:
    """Give a catalog in which two images wait, one is put aside, and a worker is there."""
    with gallery(tmp_path) as made:
        camera = made.barn.camera(check_objects=True)
        for number, (words, priority) in enumerate((("dog", 2), ("dog", 1), ("broken", 3))):
            made.put(made.picture(camera, words, NOON + number), priority)
        made.loop.once()
        with writing(made.engine) as connection:
            workers.beat(connection, "barn-pi:1", "coco-ssd", now_us(), now_us())
        yield made


def test_people_get_lines(shown: Gallery) -> None:
    """With what to do where something is missing."""
    stream = io.StringIO()
    assert status.show(shown.engine, shown.settings, as_json=False, stream=stream) == 0
    said = stream.getvalue()
    assert f"hub       {shown.root}: not there, up to date" in said
    assert "waiting   2 images (1 with events, 1 without), for " in said
    assert "running   0 jobs; put aside: 1" in said
    assert "worker    barn-pi:1: coco-ssd, there" in said
    assert "models    none: imagehub-librarian models install" in said


def test_programs_get_all_of_it(shown: Gallery) -> None:
    """As JSON, each key of which is documented."""
    stream = io.StringIO()
    status.show(shown.engine, shown.settings, as_json=True, stream=stream)
    found = json.loads(stream.getvalue())
    assert found["vision"]["waiting"] == [
        {"kind": jobs.OBJECTS, "priority": 1, "jobs": 1},
        {"kind": jobs.OBJECTS, "priority": 2, "jobs": 1},
    ]
    documented = set(re.findall(r"`(\w+)`", (DOCS / "ref" / "metrics.md").read_text()))
    keys = {*found, *found["vision"], *found["hubs"][0], *found["catalog"], *found["vision"]["workers"][0]}
    assert keys - documented == set()


def test_the_command_works_without_vision(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing of it need be installed."""
    (tmp_path / "librarian.yaml").write_text("librarian:")
    assert cli.main(["status", "--path", str(tmp_path)]) == 0
    assert "vision    off" in capsys.readouterr().out
