"""The librarian for Prometheus: told to those who may look at everything, in words that the reference explains."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from calling import Called, calling
from imagehub.librarian.schema import images
from imagehub.librarian.vision.queue import jobs, workers
from imagehub.librarian.web.times import now_us

DOCS = Path(__file__).parents[5] / "docs"


def samples(called: Called) -> dict[str, float]:
    """Return the metrics by name and labels, as Prometheus reads them."""
    answer = called.client.get("/metrics", headers={"Authorization": f"Bearer {called.tokens['all']}"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.text)
    return {
        f"{one.name}{sorted(one.labels.items()) if one.labels else ''}": one.value
        for family in families
        for one in family.samples
    }


def test_the_queue_is_told(tmp_path: Path) -> None:
    """And what the catalog has."""
    with calling(tmp_path) as called:
        with called.site.writing() as connection:
            now = now_us()
            jobs.put(connection, jobs.OBJECTS, images.c.id <= 3, jobs.EVENT, now - 60_000_000)
            jobs.take(connection, "a:1", now, jobs.KINDS, 60_000_000)
            workers.beat(connection, "a:1", "coco-ssd", now, now)
            for _ in range(3):
                workers.count(connection, "a:1", jobs.OBJECTS, now, 40_000)
        found = samples(called)
    assert found["imagehub_librarian_jobs_waiting[('kind', 'objects'), ('priority', '2')]"] == 2
    assert found["imagehub_librarian_jobs_running"] == found["imagehub_librarian_workers"] == 1
    assert found["imagehub_librarian_jobs_done_total[('kind', 'objects')]"] == 3
    assert found["imagehub_librarian_image_seconds"] == pytest.approx(0.04)
    assert 60 <= found["imagehub_librarian_jobs_oldest_seconds"] < 120
    assert found["imagehub_librarian_images"] > 3
    [behind] = [value for name, value in found.items() if "behind" in name]
    assert behind == 0


def test_every_metric_is_documented_and_no_other(tmp_path: Path) -> None:
    """docs/ref/metrics.md has them, under the names that Prometheus stores."""
    with calling(tmp_path) as called:
        answer = called.client.get("/metrics", headers={"Authorization": f"Bearer {called.tokens['all']}"})
    shown = set(re.findall(r"# TYPE (\w+)", answer.text))
    assert set(re.findall(r"`(imagehub_librarian_\w+)`", (DOCS / "ref" / "metrics.md").read_text())) == shown


def test_strangers_are_told_nothing(tmp_path: Path) -> None:
    """A program is not sent to a form; viewers of some cameras, and tokens that may not read, are refused."""
    with calling(tmp_path) as called:
        assert called.client.get("/metrics").status_code == 401
        for who, token in called.tokens.items():
            answer = called.client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == (200 if who in {"all", "read"} else 403), who
        assert called.client.get("/metrics", headers={"Authorization": "Bearer imh_wrong"}).status_code == 401
