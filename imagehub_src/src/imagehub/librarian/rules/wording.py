"""What a notification says."""

from collections import Counter
from datetime import datetime, tzinfo

from imagehub.librarian.rules.deciding import SECOND
from imagehub.librarian.rules.happening import CameraOf, Happening
from imagehub.librarian.rules.rule import Rule

GIB = 1 << 30
ODD = {"knife": "knives", "mouse": "mice", "scissors": "scissors", "skis": "skis"}


def title(rule: Rule, camera: CameraOf | None = None) -> str:
    """Return the first line: the rule, and the camera if it is about one."""
    return f"{rule.name}: {camera.name}" if camera else rule.name


def of_happening(what: Happening, camera: CameraOf, zone: tzinfo | None = None) -> str:
    """Return what happened where and when, and what the camera's owner has to say."""
    return _lines(f"{camera.name}, {clock(what.time_us, zone)}", _what(what, camera), camera.message)


def _what(what: Happening, camera: CameraOf) -> str:
    if what.trigger == "object":
        return f"{_objects(what)} at {camera.name} ({what.score:.2f})"
    if what.trigger == "plate":
        return f"{_plate(what)} at {camera.name} ({what.score:.2f})"
    return "" if what.trigger == "image" else " ".join(part for part in what.words.split("|") if part.strip())


def _objects(what: Happening) -> str:
    many = Counter(one.name for one in what.together) or Counter([what.name])
    return ", ".join(_many(number, name) for name, number in sorted(many.items()))


def _many(number: int, name: str) -> str:
    if number == 1:
        return name
    ending = "" if name.endswith("sheep") else "es" if name.endswith(("s", "sh", "ch", "x")) else "s"
    return f"{number} {ODD.get(name, name + ending)}"


def _plate(what: Happening) -> str:
    said = what.plate
    owner = f" of {said.owner}" if said and said.owner else ""
    return f"{'watched ' if said and said.watched else ''}plate {what.name}{owner}"


def of_silence(last_us: int, now_us: int, camera: CameraOf, zone: tzinfo | None = None) -> str:
    """Return how long a camera has been silent."""
    minutes = (now_us - last_us) // (60 * SECOND)
    said = f"{camera.name} has been silent for {minutes} minutes: nothing since {clock(last_us, zone)}."
    return _lines(said, camera.message)


def of_disk(free_bytes: int, limit_bytes: int) -> str:
    """Return how full the disk is."""
    return f"{free_bytes / GIB:.1f} GiB are free on the hub's disk, less than {limit_bytes / GIB:.1f} GiB."


def clock(time_us: int, zone: tzinfo | None = None) -> str:
    """Return a time as the hub's log has it."""
    return datetime.fromtimestamp(time_us // SECOND, zone).strftime("%Y-%m-%d %H:%M:%S")


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)
