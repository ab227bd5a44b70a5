"""From the text of an imagenode.yaml to settings: checked as a whole, with all faults at once."""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import yaml

from imagehub import wire, yamlfile
from imagehub.errors import RefusedError, SettingsError
from imagehub.kinds import ENDPOINT
from imagehub.node.secrets import without_password
from imagehub.node.settings import cameras, times
from imagehub.node.settings.keys import LAMP, NODE, RECORDING, REQUIRED, SENSOR
from imagehub.node.settings.sections import Section, entries, labelled, section
from imagehub.node.settings.settings import (
    CameraSettings,
    LightSwitch,
    NodeSettings,
    RecordingSettings,
    SensorSettings,
    SpoolSettings,
)
from imagehub.yamlfile import Faults, read_text

FILE_NAME = "imagenode.yaml"
TOP = ("node", "hub_address", "cameras", "lights", "sensors", "recordings")
MOST_LINES_NAMED = 10


def find(given: Path | None) -> Path:
    """Return the settings file that is `given` or lies in that folder; with None the one in the home directory.

    Raises:
        SettingsError: there is none.
    """
    folder = given or Path.home()
    path = folder if folder.is_file() else folder / FILE_NAME
    if path.is_file():
        return path
    hint = f"--path wants a settings file, or the folder that holds {FILE_NAME}"
    raise SettingsError([f"{path}: no such file ({hint})"])


def load(path: Path) -> NodeSettings:
    """Read a settings file; raise SettingsError with all its faults."""
    return parse(read_text(path), path.absolute().parent, str(path))


def parse(text: str, folder: Path, name: str = FILE_NAME) -> NodeSettings:
    """Read the text of the settings file `name` in `folder`; raise SettingsError with all its faults."""
    faults = Faults(name)
    found = entries(_compose(text, faults), "", TOP, faults)
    for wanted in ("node", "hub_address"):
        if wanted not in found:
            faults.add(None, f"{wanted}: missing; the file needs a section '{wanted}:'")
    node = section(found.get("node"), "node", NODE, faults)
    seen = cameras.read(found.get("cameras"), node["send_type"], folder.absolute(), faults)
    hubs = _hubs(found.get("hub_address"), faults)
    sensors = [section(at, path, SENSOR, faults) for path, at in labelled(found.get("sensors"), "sensors", faults)]
    lamps = [section(at, path, LAMP, faults) for path, at in labelled(found.get("lights"), "lights", faults)]
    agents = [
        section(at, path, RECORDING, faults) for path, at in labelled(found.get("recordings"), "recordings", faults)
    ]
    _check_names(node, seen, faults)
    _check_keys(node, faults)
    _check_pins(sensors, lamps, faults)
    _check_recordings(node, agents, seen, faults)
    faults.raise_any()
    return NodeSettings(
        hubs=hubs,
        cameras=tuple(camera for _, camera in seen),
        sensors=tuple(_sensor(one) for one in sensors),
        lights=tuple(_lamp(one) for one in lamps),
        recordings=tuple(_recording(one, folder.absolute()) for one in agents),
        **_of_node(node, folder.absolute()),
    )


def _compose(text: str, faults: Faults) -> yaml.Node | None:
    try:
        return yamlfile.compose(text, faults)
    except SettingsError:
        _blame_tabs(text, faults)
        raise


def _blame_tabs(text: str, faults: Faults) -> None:
    """Say of each line that is indented with a tab that it is, which YAML's own words do not."""
    tabbed = [at for at, line in enumerate(text.splitlines()) if re.match(r"\s*\t\s*\S", line)]
    for line in tabbed[:MOST_LINES_NAMED]:
        mark = yaml.Mark("", 0, line, 0, "", 0)
        node = yaml.ScalarNode("", "", mark, mark)
        faults.add(node, "indented with a tab, which YAML does not allow; use blanks")
    faults.raise_any()


def _hubs(node: yaml.Node | None, faults: Faults) -> tuple[str, ...]:
    """Return the addresses, H1 first."""
    found = {}
    for path, value in labelled(node, "hub_address", faults, r"H[1-9]\d{0,2}", "H1"):
        found[int(path.partition(".H")[2])] = yamlfile.read(value, path, ENDPOINT, faults)
    if 1 not in found and node is not None:
        faults.add(node, f"hub_address.H1: missing; expected {ENDPOINT.expected}")
    return tuple(found[number] for number in sorted(found))


def _of_node(node: Section, folder: Path) -> dict[str, Any]:
    values = dict(node.values)
    spool = SpoolSettings(
        _absolute(values.pop("spool_directory"), folder), values.pop("spool_max_bytes"), values.pop("spool_drop")
    )
    renamed = {"rep_watcher": values.pop("REP_watcher"), "bandwidth": values.pop("bandwidth_bytes")}
    places = {name: _absolute(values.pop(name), folder) for name in ("hub_key", "key", "runtime_directory")}
    return values | renamed | places | {"spool": spool}


def _absolute(text: str | None, folder: Path) -> Path | None:
    return None if text is None else folder / Path(text).expanduser()


def _sensor(one: Section) -> SensorSettings:
    return SensorSettings(one.label, one["name"] or one.label, **{name: one[name] for name in SENSOR if name != "name"})


def _lamp(one: Section) -> LightSwitch:
    return LightSwitch(one.label, one["name"] or one.label, one["gpio"], times.span(one["on"]))


def _recording(one: Section, folder: Path) -> RecordingSettings:
    return RecordingSettings(
        one["name"] or one.label,
        one["camera"],
        one["port"],
        one["bind_address"],
        folder / Path(one["data_directory"]).expanduser(),
        _absolute(one["keys_directory"], folder),
    )


def _check_names(node: Section, seen: list[cameras.Found], faults: Faults) -> None:
    """Check that node and view together are a name that hubs take."""
    for one, camera in seen:
        if node["name"] is REQUIRED:
            return
        try:
            wire.camera(f"{node['name']} {camera.view}")
        except RefusedError as error:
            one.fault(faults, "viewname", f"with the node's name before it, {error}; choose a shorter one")


def _check_keys(node: Section, faults: Faults) -> None:
    for name, other in (("hub_key", "key"), ("key", "hub_key")):
        if node[name] is not None and node[other] is None:
            node.fault(faults, name, f"needs node.{other} beside it")


def _check_pins(sensors: list[Section], lamps: list[Section], faults: Faults) -> None:
    taken = {one["gpio"]: one.path for one in sensors}
    for lamp in lamps:
        owner = taken.setdefault(lamp["gpio"], lamp.path)
        if owner != lamp.path:
            lamp.fault(faults, "gpio", f"{lamp['gpio']} is the pin of {owner} already; choose another")


def _check_recordings(node: Section, agents: list[Section], seen: list[cameras.Found], faults: Faults) -> None:
    labels = [one.label for one, _ in seen]
    ports = {node["publish_port"]: "node.publish_port"}
    names: dict[str, str] = {}
    for agent in agents:
        if agent["camera"] is not REQUIRED and agent["camera"] not in labels:
            agent.fault(faults, "camera", f"no camera {agent['camera']!r}; there is {', '.join(labels) or 'none'}")
        owner = ports.setdefault(agent["port"], f"{agent.path}.port")
        if owner != f"{agent.path}.port":
            agent.fault(faults, "port", f"{agent['port']} is {owner} already; choose another")
        name = agent["name"] or agent.label
        if names.setdefault(name, agent.path) != agent.path:
            agent.fault(faults, "name", f"{name!r} is the name of {names[name]} already; choose another")


def describe(settings: NodeSettings | CameraSettings) -> str:
    """Return all settings, defaults too, as text to read; under the names of their values, and without passwords."""
    return without_password(str(yaml.safe_dump(_plain(settings), sort_keys=False, allow_unicode=True)))


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return str(value) if isinstance(value, Path) else value
