"""Real models in real workers: from a stock sender's image to what is found in it, and pictures that are none."""

import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import imagezmq
from PIL import Image
from sqlalchemy import Engine, select, update

from happenings import NOON, World
from imagehub.librarian import catalog
from imagehub.librarian.catalog import writing
from imagehub.librarian.schema import cameras, detections, images, jobs, objects, workers
from imagehub.librarian.vision.queue.jobs import DEAD, EVENT, OBJECTS, put
from librarians import Librarian, running_librarian
from pictures_of import picture, vtest
from running import running_hub, until
from vision_models import installed_models


def frames(count: int) -> list[bytes]:
    """Return pictures of a street with people, as JPEG."""
    video = cv2.VideoCapture(str(vtest()))
    found: list[bytes] = []
    while len(found) < count:
        done, frame = video.read()
        assert done
        found.append(cv2.imencode(".jpg", frame)[1].tobytes())
    return found


@contextmanager
def looking(folder: Path, hub_directory: Path, **vision: object) -> Iterator[tuple[Librarian, Engine]]:
    """Give a librarian whose worker looks with the real models, and its catalog."""
    url = f"sqlite:///{folder / 'librarian' / 'catalog.sqlite'}"
    sections: dict[str, dict[str, Any]] = {
        "librarian": {"database": url},
        "web": {"enabled": False},
        "vision": {"enabled": True, "models_directory": str(installed_models()), **vision},
    }
    with running_librarian(folder / "librarian", hub_directory, **sections) as librarian:
        engine = catalog.connect(url)
        try:
            yield librarian, engine
        finally:
            engine.dispose()


def alive(engine: Engine) -> list[int]:
    """Return the processes of the workers that the catalog knows."""
    with engine.connect() as connection:
        return [int(name.rpartition(":")[2]) for name in connection.execute(select(workers.c.name)).scalars()]


def runs(process: int) -> bool:
    """Tell whether a process is there and does something."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def found_us(engine: Engine, label: str) -> int | None:
    """Return the time of the newest image in which something was found."""
    wanted = select(detections.c.time_us).join_from(detections, objects).where(objects.c.label == label)
    with engine.connect() as connection:
        return connection.execute(wanted.order_by(detections.c.time_us.desc()).limit(1)).scalar()


def found_after(engine: Engine, time_us: int) -> bool:
    """Tell whether a person was found in a newer image."""
    return (found_us(engine, "person") or 0) > time_us


def check_objects(engine: Engine) -> bool:
    """Have the images of all cameras looked into; tell whether there is one."""
    with writing(engine) as connection:
        return connection.execute(update(cameras).values(check_objects=True)).rowcount > 0


def test_what_a_stock_sender_sends_is_looked_into(tmp_path: Path) -> None:
    """Within three seconds of the `OK`, in less than 300 MB; a worker that is killed is replaced, and none is left."""
    pictures = frames(20)
    with (
        running_hub(tmp_path / "hub") as hub,
        looking(tmp_path, hub.data) as (librarian, engine),
        imagezmq.ImageSender(connect_to=hub.endpoint) as sender,
    ):
        assert sender.send_jpg("Gate P1|jpg|", pictures[0]) == b"OK"
        until(lambda: check_objects(engine), "the camera")
        first = until(lambda: alive(engine), "a worker", 60)
        waits = []
        for jpeg in pictures[1:]:
            before = found_us(engine, "person") or 0
            assert sender.send_jpg("Gate P1|jpg|", jpeg) == b"OK"
            began = time.monotonic()
            until(partial(found_after, engine, before), "a person")
            waits.append(time.monotonic() - began)
        assert sorted(waits)[len(waits) // 2] < 3
        assert resident_bytes(first[0]) < 300 << 20
        signal_to(first[0], signal.SIGKILL)
        second = until(lambda: [number for number in alive(engine) if number not in first], "another worker", 60)
        said = json.loads(status(tmp_path / "librarian"))
        assert said["vision"]["workers"][0]["alive"]
        assert "coco-ssd" in said["vision"]["workers"][0]["model"]
        librarian.stop(signal.SIGKILL)
        until(lambda: not runs(second[0]), "its end")


def resident_bytes(process: int) -> int:
    """Return the most memory that a process ever had in use."""
    line = next(one for one in Path(f"/proc/{process}/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) << 10


def signal_to(process: int, number: int) -> None:
    """Send a signal to a worker."""
    subprocess.run(["kill", f"-{number}", str(process)], check=True)


def status(folder: Path) -> str:
    """Return what `imagehub-librarian status --json` prints."""
    words = [sys.executable, "-m", "imagehub.librarian", "status", "--json", "--path", str(folder)]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def jpeg_of(size: tuple[int, int]) -> bytes:
    """Return a grey picture of a size."""
    stream = io.BytesIO()
    Image.new("L", size, 128).save(stream, "JPEG", quality=20)
    return stream.getvalue()


def test_pictures_that_are_none_are_put_aside_and_the_worker_goes_on(tmp_path: Path) -> None:
    """Each with a reason: corrupt, empty, of 200 megapixels, no JPEG, gone; the one good picture is looked into."""
    dog = picture("dog").read_bytes()
    bad = {
        "empty": b"",
        "text": b"no picture at all",
        "noise": b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40,
        "half": dog[: len(dog) // 2],
        "huge": jpeg_of((20_000, 10_000)),
    }
    hub = tmp_path / "hub"
    (hub / "images/2026-11-21").mkdir(parents=True)
    with looking(tmp_path, hub) as (_, engine):
        barn = World(engine, hub)
        camera = barn.camera(check_objects=True)
        numbers = {}
        for at, (name, content) in enumerate((bad | {"good": dog}).items()):
            path = f"images/2026-11-21/{name}.jpg"
            (hub / path).write_bytes(content)
            numbers[name] = barn.image(camera, NOON + at * 3_600_000_001, path=path)
        process = until(lambda: alive(engine), "a worker", 60)
        with writing(engine) as connection:
            put(connection, OBJECTS, images.c.id > 0, EVENT, 1)
        until(lambda: finished(engine), "the work", 60)
        assert alive(engine) == process
        with engine.connect() as connection:
            reasons = dict(connection.execute(select(jobs.c.image_id, jobs.c.error)).tuples().all())
            states = set(connection.execute(select(jobs.c.state)).scalars())
        assert set(reasons) == {numbers[name] for name in bad}
        assert states == {DEAD}
        assert all(reasons.values())
        assert "200" in reasons[numbers["huge"]]
        assert found_us(engine, "dog")


def finished(engine: Engine) -> bool:
    """Tell whether no job waits or runs, but those that count votes later."""
    with engine.connect() as connection:
        rest = select(jobs.c.id).where(jobs.c.state != DEAD, jobs.c.kind == OBJECTS)
        return connection.execute(rest).first() is None


def test_missing_models_are_said_once_with_the_command_that_installs_them(tmp_path: Path) -> None:
    """And the librarian goes on."""
    with looking(tmp_path, tmp_path / "hub", models_directory=str(tmp_path / "none")) as (librarian, _):
        until(lambda: "imagehub-librarian models install" in librarian.output(), "the reason", 60)
        assert librarian.stop() == 0
        assert librarian.output().count("models install") == 1


def test_a_worker_without_vision_says_what_to_set(tmp_path: Path) -> None:
    """In one line."""
    (tmp_path / "librarian.yaml").write_text("librarian:")
    words = [sys.executable, "-m", "imagehub.librarian", "worker", "--path", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        1, "imagehub-librarian: vision is off: set vision.enabled in the settings\n",
    )  # fmt: skip


def test_the_process_of_the_librarian_loads_no_models(tmp_path: Path) -> None:
    """With vision on, it holds pages and ingest only: nothing that looks into pictures is imported there."""
    code = (
        "import sys, threading\nfrom pathlib import Path\nfrom imagehub.librarian import catalog, service, settings\n"
        "loaded = settings.parse('vision:\\n  enabled: true\\nweb:\\n  enabled: true\\n', Path(sys.argv[1]))\n"
        "service.parts_of(catalog.connect(loaded.database), loaded)\n"
        "print({'numpy', 'cv2', 'onnxruntime', 'rapidocr', 'simplejpeg', 'openvino'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_worker_that_has_grown_begins_anew(tmp_path: Path) -> None:
    """As the same process, between two jobs, and with the same words."""
    code = (
        "import sys\nfrom imagehub.librarian import cli\nfrom imagehub.librarian.vision.working import limits\n"
        "limits.MEMORY_BYTES = 1\ncli.main(['worker', '--path', sys.argv[1]])"
    )
    vision = f"vision:\n  enabled: true\n  models_directory: {installed_models()}\n"
    (tmp_path / "librarian.yaml").write_text(vision)
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stderr=subprocess.PIPE, text=True) as worker:
        try:
            assert worker.stderr is not None
            starts = (line for line in worker.stderr if "looking into images" in line)
            assert all(line.endswith(f":{worker.pid}\n") for line in islice(starts, 2))
        finally:
            worker.kill()
