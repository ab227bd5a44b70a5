"""The settings of a hub: which there are, where they are found, and which of them a reload changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_type_hints

import yaml

from imagehub import yamlfile
from imagehub.errors import SettingsError
from imagehub.kinds import (
    ADDRESS,
    ENDPOINT,
    HTTP_ADDRESS,
    NETWORK,
    PATH,
    PATTERN,
    PORT,
    TRUTH,
    Kind,
    above_zero,
    list_of,
    one_of,
    or_null,
    whole,
)

FILE_NAME = "imagehub.yaml"
SECTION = "hub"
YEAR_MINUTES = 365 * 24 * 60
MAX_MESSAGE_BYTES = 256 << 20  # what the front has memory for
MAX_QUEUE = 65536  # each waiting request takes a page of that memory at least


class Rule(NamedTuple):
    """All there is to say about a setting: its default as in a file; whether a reload applies it."""

    default: Any
    kind: Kind
    meaning: str
    unit: str = ""
    reload: bool = False


@dataclass(frozen=True)
class Settings:
    """The settings of one hub, checked. `folder` is that of the settings file; all paths are absolute."""

    folder: Path
    queuemax: Annotated[
        int,
        Rule(
            500,
            whole(1, MAX_QUEUE),
            "Requests that wait for the disk at most; senders of further ones wait to be taken.",
            unit="requests",
            reload=True,
        ),
    ]
    patience: Annotated[
        float,
        Rule(
            10,
            above_zero(YEAR_MINUTES),
            "Silence, of all nodes or of one, after which the event log says so.",
            unit="minutes",
            reload=True,
        ),
    ]
    print_settings: Annotated[bool, Rule(False, TRUTH, "Print all settings at the start.", reload=True)]
    data_directory: Annotated[Path, Rule("imagehub_data", PATH, "Where images, logs and journal are kept.")]
    max_images_write: Annotated[
        int,
        Rule(
            5000,
            whole(1, 10**9),
            "Images stored in one day; those that come after are answered `NOT STORED`.",
            unit="images a day",
            reload=True,
        ),
    ]
    port: Annotated[int, Rule(5555, PORT, "TCP port that senders connect to.", reload=True)]
    bind_address: Annotated[
        str, Rule("*", ADDRESS, "Where on this machine senders can connect; `*` is everywhere.", reload=True)
    ]
    durability: Annotated[
        str,
        Rule(
            "synced",
            one_of("synced", "written"),
            "What `OK` means: on stable storage, or handed to the kernel and lost if the power fails.",
            reload=True,
        ),
    ]
    subscribe: Annotated[
        tuple[str, ...],
        Rule([], list_of(ENDPOINT), "PUB senders from which the hub fetches images.", reload=True),
    ]
    publish_port: Annotated[
        int | None,
        Rule(None, or_null(PORT), "TCP port where viewers can subscribe to what is stored; null: none."),
    ]
    max_message_bytes: Annotated[
        int,
        Rule(
            32 << 20,
            whole(1024, MAX_MESSAGE_BYTES),
            "Size of a message; a larger one is answered `NOT STORED`.",
            unit="bytes",
            reload=True,
        ),
    ]
    raw_jpeg_quality: Annotated[
        int, Rule(95, whole(1, 100), "JPEG quality of images that come as raw arrays.", reload=True)
    ]
    allow_addresses: Annotated[
        tuple[str, ...],
        Rule([], list_of(NETWORK), "Senders that may connect, by address; none listed: all.", reload=True),
    ]
    allow_nodes: Annotated[
        tuple[str, ...],
        Rule([], list_of(PATTERN), "Nodes whose messages are taken, by name; none listed: all.", reload=True),
    ]
    curve_keys_directory: Annotated[
        Path | None,
        Rule(
            None,
            or_null(PATH),
            "Keys of the hub and of the senders that it admits; null: no CURVE.",
            reload=True,
        ),
    ]
    metrics_port: Annotated[
        int | None,
        Rule(None, or_null(PORT), "HTTP port of `/metrics`, `/healthz` and `/readyz`; null: none."),
    ]
    metrics_address: Annotated[str, Rule("127.0.0.1", HTTP_ADDRESS, "Where on this machine `metrics_port` is open.")]
    log_level: Annotated[
        str,
        Rule(
            "info",
            one_of("debug", "info", "warning", "error"),
            "Least weight of what the service logs.",
            reload=True,
        ),
    ]
    runtime_directory: Annotated[
        Path, Rule(None, or_null(PATH), "Where the local sockets are; null: `run` in the data directory.")
    ]


def rules() -> dict[str, Rule]:
    """Return what is said about each setting, by its name without `hub.`."""
    hints = get_type_hints(Settings, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items() if name != "folder"}


def find(given: Path | None) -> Path | None:
    """Return the settings file that is `given` or lies in that folder; with None the one in the home directory, if any.

    Raises:
        SettingsError: a path was given, and there is no settings file.
    """
    folder = given or Path.home()
    path = folder / FILE_NAME
    try:
        if folder.is_file():
            return folder
        if path.is_file():
            return path
    except OSError as error:
        raise SettingsError([f"{path}: {error.strerror}"]) from error
    if given is None:
        return None
    wanted = f"--path wants a settings file, or the folder that holds {FILE_NAME}"
    hint = f"{wanted}; with '{SECTION}:' alone in it, all is as by default"
    raise SettingsError([f"{path}: no such file ({hint})"])


def load(path: Path) -> Settings:
    """Read a settings file; raise SettingsError with all its faults."""
    return parse(yamlfile.read_text(path), path.absolute().parent, str(path))


def defaults(folder: Path) -> Settings:
    """Return the settings that a file in `folder` would give in which none is set."""
    return parse(f"{SECTION}:", folder)


def parse(text: str, folder: Path, name: str = FILE_NAME) -> Settings:
    """Read the text of the settings file `name` in `folder`; raise SettingsError with all its faults."""
    faults = yamlfile.Faults(name)
    given = _given(text, faults)
    values = {}
    for key, rule in rules().items():
        if key in given:
            values[key] = yamlfile.read(given[key], f"{SECTION}.{key}", rule.kind, faults)
        else:
            values[key] = tuple(rule.default) if isinstance(rule.default, list) else rule.default
    _check_ports(values, given, faults)
    faults.raise_any()
    return Settings(folder.absolute(), **values | _paths(values, folder.absolute()))


def _given(text: str, faults: yamlfile.Faults) -> dict[str, yaml.Node]:
    """Return the settings in a file, by name, as they stand there."""
    known = {SECTION: SECTION} | {name: f"{SECTION}.{name}" for name in rules()}
    root = yamlfile.compose(text, faults)
    sections = yamlfile.entries(root, "", known, faults)
    if SECTION not in sections:
        faults.add(None, f"no section '{SECTION}:'; write that as the first line, and the settings indented below it")
    return yamlfile.entries(sections.get(SECTION), f"{SECTION}.", known, faults)


def _check_ports(values: Mapping[str, Any], given: Mapping[str, yaml.Node], faults: yamlfile.Faults) -> None:
    taken: dict[int, str] = {}
    for name in ("port", "publish_port", "metrics_port"):
        number = values[name]
        if isinstance(number, int) and taken.setdefault(number, name) != name:
            faults.add(
                given[name],
                f"{SECTION}.{name}: {number} is {SECTION}.{taken[number]} already; choose another",
            )


def _paths(values: Mapping[str, Any], folder: Path) -> dict[str, Path | None]:
    def absolute(text: str) -> Path:
        return folder / Path(text).expanduser()

    data, keys, runtime = (values[name] for name in ("data_directory", "curve_keys_directory", "runtime_directory"))
    return {
        "data_directory": absolute(data),
        "curve_keys_directory": None if keys is None else absolute(keys),
        "runtime_directory": absolute(data) / "run" if runtime is None else absolute(runtime),
    }


def changed(old: Settings, new: Settings) -> tuple[list[str], list[str]]:
    """Return the names of the settings that differ: first those that a reload applies, then the others."""
    differ = {name: rule.reload for name, rule in rules().items() if getattr(old, name) != getattr(new, name)}
    return [name for name in differ if differ[name]], [name for name in differ if not differ[name]]


def merge(old: Settings, new: Settings, names: Iterable[str]) -> Settings:
    """Return `old` with the settings `names` as they are in `new`."""
    return replace(old, **{name: getattr(new, name) for name in names})


def describe(settings: Settings) -> str:
    """Return all settings as a settings file would have them."""
    plain = {name: _plain(getattr(settings, name)) for name in rules()}
    return str(yaml.safe_dump({SECTION: plain}, sort_keys=False, allow_unicode=True))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value
