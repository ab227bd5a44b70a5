"""Photographs of animals, from a game for children that Debian has: what detectors take for dogs and cats."""

import struct
from functools import cache
from pathlib import Path

from pictures_of import GCOMPRIS, packaged

# Of each file of resources: the folder that its photographs are in, and what they are called here instead.
FARM, WORLD, ERASE = "explore_farm_animals", "explore_world_animals", "erase"
FOLDERS = {FARM: "resource/animals", WORLD: "resource/animals", ERASE: "resource"}
OTHERWISE = {
    (FARM, "cat"): "farm-cat",
    (FARM, "dog"): "farm-dog",
    (FARM, "horse"): "farm-horses",
    (WORLD, "giraffe"): "wild-giraffe",
    (ERASE, "giraffe"): "giraffes",
}


@cache
def animals() -> dict[str, bytes]:
    """Return photographs by name, as WebP files; as in `pictures_of`, a test without them is skipped."""
    found = {}
    for resource, folder in FOLDERS.items():
        path = packaged(GCOMPRIS, f"usr/share/gcompris-qt/rcc/{resource}.rcc")
        start = f"gcompris/src/activities/{resource}/{folder}/"
        for name, content in _resources(path).items():
            if name.startswith(start) and name.endswith(".webp"):
                animal = name.removeprefix(start).removesuffix(".webp")
                found[OTHERWISE.get((resource, animal), animal)] = content
    return found


def _resources(path: Path) -> dict[str, bytes]:
    """Return the files in a file of Qt's resources, by their paths."""
    content = path.read_bytes()
    _, tree, data, names = struct.unpack_from(">4I", content, 4)
    found = {}
    waiting = [(0, "")]
    while waiting:
        number, folder = waiting.pop()
        node = tree + 22 * number
        name_at, flags = struct.unpack_from(">IH", content, node)
        if flags & 2:
            count, first = struct.unpack_from(">II", content, node + 6)
            inner = folder + (_name(content, names + name_at) + "/" if number else "")
            waiting += [(child, inner) for child in range(first, first + count)]
        else:
            (at,) = struct.unpack_from(">I", content, node + 10)
            (size,) = struct.unpack_from(">I", content, data + at)
            found[folder + _name(content, names + name_at)] = content[data + at + 4 : data + at + 4 + size]
    return found


def _name(content: bytes, at: int) -> str:
    (length,) = struct.unpack_from(">H", content, at)
    return content[at + 6 : at + 6 + 2 * length].decode("utf-16-be")
