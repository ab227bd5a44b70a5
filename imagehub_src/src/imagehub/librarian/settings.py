"""The librarian's settings: `librarian.yaml`, section `librarian:`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, get_type_hints

from imagehub import yamlfile
from imagehub.errors import SettingsError
from imagehub.kinds import PATH, Kind, one_of, or_null
from imagehub.settings import Rule

FILE_NAME = "librarian.yaml"
SECTION = "librarian"
DATABASE = Kind(
    "database URL as `postgresql://USER@HOST/NAME`", lambda value: isinstance(value, str) and "://" in value
)


@dataclass(frozen=True)
class Settings:
    """The settings of one librarian, checked. `folder` is that of the settings file; all paths are absolute."""

    folder: Path
    hub_directory: Annotated[
        Path, Rule("imagehub_data", PATH, "The hub's data directory, which the librarian follows.")
    ]
    database: Annotated[
        str,
        Rule(None, or_null(DATABASE), "Where the catalog is; null: SQLite, in `librarian_data/catalog.sqlite`."),
    ]
    log_level: Annotated[
        str, Rule("info", one_of("debug", "info", "warning", "error"), "Least weight of what the librarian logs.")
    ]


def rules() -> dict[str, Rule]:
    """Return what is said about each setting, by its name without `librarian.`."""
    hints = get_type_hints(Settings, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items() if name != "folder"}


def find(given: Path | None) -> Settings:
    """Return the settings in a file, or in the folder that holds `librarian.yaml`; None is the home directory.

    Raises:
        SettingsError: a path was given where there is no such file, or the file has faults.
    """
    path = given or Path.home()
    path = path / FILE_NAME if path.is_dir() else path
    if given is None and not path.exists():
        return parse(f"{SECTION}:", path.parent)
    try:
        return parse(path.read_text(encoding="utf-8"), path.absolute().parent, str(path))
    except OSError as error:
        raise SettingsError([f"{path}: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}: byte {error.start + 1} is not UTF-8; save the file as UTF-8"]) from error


def parse(text: str, folder: Path, name: str = FILE_NAME) -> Settings:
    """Read the text of the settings file `name` in `folder`; raise SettingsError with all its faults."""
    faults = yamlfile.Faults(name)
    known = {SECTION: SECTION} | {key: f"{SECTION}.{key}" for key in rules()}
    sections = yamlfile.entries(yamlfile.compose(text, faults), "", known, faults)
    given = yamlfile.entries(sections.get(SECTION), f"{SECTION}.", known, faults)
    values = {key: rule.default for key, rule in rules().items()}
    for key, node in given.items():
        if key in values:
            values[key] = yamlfile.read(node, f"{SECTION}.{key}", rules()[key].kind, faults)
    faults.raise_any()
    folder = folder.absolute()
    database = values["database"] or f"sqlite:///{folder / 'librarian_data' / 'catalog.sqlite'}"
    hub = folder / Path(values["hub_directory"]).expanduser()
    return Settings(folder, hub, database, values["log_level"])
