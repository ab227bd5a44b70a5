"""Looks at pictures as a worker does, with tiles and for plates, and prints the most memory that it had, in bytes."""

import re
import sys
from pathlib import Path

from imagehub.librarian.settings import parse
from imagehub.librarian.vision import plates
from imagehub.librarian.vision.detecting import detector
from imagehub.librarian.vision.looking.look import Look
from imagehub.librarian.vision.working import limits

VEHICLES = {"car", "truck", "bus", "motorcycle"}


def main(models: Path, folder: Path, runtime: str) -> None:
    """Look at the JPEG files in a folder, each with the two before it as what its camera saw last."""
    limits.give_back_memory()
    settings = parse(
        f"librarian:\n  hub_directory: .\nvision:\n  models_directory: {models}\n  runtime: {runtime}\n", models
    )
    look = Look(detector.load(settings), settings.vision)
    reader = plates.reader(settings)
    jpegs = [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]
    for number, jpeg in enumerate(jpegs):
        seen = look.at(jpeg, jpegs[max(0, number - 2) : number], tiles=True)
        vehicles = [each.box for each in seen.things if each.label in VEHICLES and each.score >= 0.5]
        if vehicles:
            reader.read(seen.picture, vehicles)
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found
    print(int(found[1]) * 1024)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
