"""The librarian's settings: `librarian.yaml`, with a section for each of its parts."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from imagehub import yamlfile
from imagehub.errors import SettingsError
from imagehub.kinds import (
    ADDRESS,
    CLOCK,
    HOST,
    NETWORK,
    PATH,
    PORT,
    TOPIC,
    TRUTH,
    WORDS,
    Kind,
    list_of,
    one_of,
    or_null,
    whole,
)
from imagehub.settings import Rule

FILE_NAME = "librarian.yaml"
EVERYWHERE_OR_HERE = {"*", "0.0.0.0", "::", "127.0.0.1", "::1"}  # noqa: S104 - told apart, not listened at
DATABASE = Kind(
    "database URL as `postgresql://USER@HOST/NAME`", lambda value: isinstance(value, str) and "://" in value
)
HTTP_URL = Kind(
    "URL as `https://pictures.example.org`",
    lambda value: isinstance(value, str) and value.startswith(("http://", "https://")),
)


@dataclass(frozen=True)
class Web:
    """Section `web:`: where the web page listens, and how sure it makes itself of who looks."""

    enabled: Annotated[bool, Rule(True, TRUTH, "Serve the web page and the API.")]
    address: Annotated[
        str,
        Rule("127.0.0.1", ADDRESS, "Address to listen at; `*`: all, so that phones and other computers reach it."),
    ]
    port: Annotated[int, Rule(8080, PORT, "Port to listen at.")]
    public_url: Annotated[
        str | None, Rule(None, or_null(HTTP_URL), "What users type, for links in mails; null: guessed from the above.")
    ]
    certificate: Annotated[
        Path | None, Rule(None, or_null(PATH), "File with the TLS certificate and its chain, as PEM; null: no TLS.")
    ]
    private_key: Annotated[Path | None, Rule(None, or_null(PATH), "File with the certificate's private key, as PEM.")]
    trusted_proxies: Annotated[
        tuple[str, ...],
        Rule(("127.0.0.1", "::1"), list_of(NETWORK), "Proxies whose word on a viewer's address and on TLS is taken."),
    ]
    session_days: Annotated[
        int, Rule(30, whole(1, 365), "Days after which a viewer who did not come back signs in again.", unit="days")
    ]


@dataclass(frozen=True)
class Mail:
    """Section `mail:`: the SMTP server that notifications and password resets go out by."""

    server: Annotated[str | None, Rule(None, or_null(HOST), "SMTP server; null: no mail is sent.")]
    port: Annotated[int, Rule(587, PORT, "Port of the SMTP server.")]
    security: Annotated[
        str, Rule("starttls", one_of("starttls", "tls", "none"), "How the connection to it is encrypted.")
    ]
    user: Annotated[str | None, Rule(None, or_null(WORDS), "Name to sign in with; null: no sign-in.")]
    password_file: Annotated[Path | None, Rule(None, or_null(PATH), "File that holds the password, and nothing else.")]
    sender: Annotated[str | None, Rule(None, or_null(WORDS), "Address that mails come from; null: imagehub@ and host.")]


@dataclass(frozen=True)
class Mqtt:
    """Section `mqtt:`: the broker that states, pictures, events and readings are published to."""

    broker: Annotated[str | None, Rule(None, or_null(HOST), "MQTT broker; null: none.")]
    port: Annotated[int, Rule(1883, PORT, "Port of the broker.")]
    tls: Annotated[bool, Rule(False, TRUTH, "Encrypt the connection.")]
    ca_file: Annotated[
        Path | None, Rule(None, or_null(PATH), "Certificates to trust, as PEM; null: those of the system.")
    ]
    user: Annotated[str | None, Rule(None, or_null(WORDS), "Name to sign in with; null: no sign-in.")]
    password_file: Annotated[Path | None, Rule(None, or_null(PATH), "File that holds the password, and nothing else.")]
    topic_prefix: Annotated[str, Rule("imagehub", TOPIC, "First part of the topics that are published.")]
    discovery_prefix: Annotated[
        str | None,
        Rule("homeassistant", or_null(TOPIC), "First part of the topics Home Assistant looks at; null: no discovery."),
    ]
    picture_seconds: Annotated[
        int, Rule(10, whole(0, 86400), "Least time between two pictures of one camera.", unit="seconds")
    ]


@dataclass(frozen=True)
class Retention:
    """Section `retention:`: when old images go. How long each camera's are kept is set on the web page."""

    at: Annotated[str, Rule("03:30", CLOCK, "Time of day at which old images are deleted, in the hub's local time.")]
    min_free_bytes: Annotated[
        int,
        Rule(
            1 << 30,
            whole(0, 1 << 60),
            "Free space on the disk below which the oldest images go at once, whatever their age.",
            unit="bytes",
        ),
    ]


@dataclass(frozen=True)
class Settings:
    """The settings of one librarian, checked. `folder` is that of the settings file; all paths are absolute."""

    folder: Path
    hub_directory: Annotated[
        Path, Rule("imagehub_data", PATH, "The hub's data directory, which the librarian follows.")
    ]
    data_directory: Annotated[
        Path, Rule("librarian_data", PATH, "Where the librarian keeps its own files: catalog and thumbnails.")
    ]
    database: Annotated[
        str,
        Rule(None, or_null(DATABASE), "Where the catalog is; null: SQLite, in `catalog.sqlite` of `data_directory`."),
    ]
    log_level: Annotated[
        str, Rule("info", one_of("debug", "info", "warning", "error"), "Least weight of what the librarian logs.")
    ]
    web: Web
    mail: Mail
    mqtt: Mqtt
    retention: Retention


SECTIONS: dict[str, type] = {"librarian": Settings, "web": Web, "mail": Mail, "mqtt": Mqtt, "retention": Retention}


def rules() -> dict[str, Rule]:
    """Return what is said about each setting, by its name with its section, as `web.port`."""
    return {
        f"{section}.{name}": hint.__metadata__[0]
        for section, kind in SECTIONS.items()
        for name, hint in get_type_hints(kind, include_extras=True).items()
        if hasattr(hint, "__metadata__")
    }


def base_url(web: Web) -> str:
    """Return what the addresses of all pages begin with, without a slash at its end."""
    if web.public_url is not None:
        return web.public_url.rstrip("/")
    host = "localhost" if web.address in EVERYWHERE_OR_HERE else web.address
    host = f"[{host}]" if ":" in host else host
    return f"{'http' if web.certificate is None else 'https'}://{host}:{web.port}"


def find(given: Path | None) -> Settings:
    """Return the settings in a file, or in the folder that holds `librarian.yaml`; None is the home directory.

    Raises:
        SettingsError: a path was given where there is no such file, or the file has faults.
    """
    path = given or Path.home()
    path = path / FILE_NAME if path.is_dir() else path
    if given is None and not path.exists():
        return parse("librarian:", path.parent)
    try:
        return parse(path.read_text(encoding="utf-8"), path.absolute().parent, str(path))
    except OSError as error:
        raise SettingsError([f"{path}: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}: byte {error.start + 1} is not UTF-8; save the file as UTF-8"]) from error


def parse(text: str, folder: Path, name: str = FILE_NAME) -> Settings:
    """Read the text of the settings file `name` in `folder`; raise SettingsError with all its faults."""
    faults = yamlfile.Faults(name)
    known = {section: section for section in SECTIONS} | {path.partition(".")[2]: path for path in rules()}
    sections = yamlfile.entries(yamlfile.compose(text, faults), "", known, faults)
    values = {path: rule.default for path, rule in rules().items()}
    for section in SECTIONS:
        ours = known | {path.partition(".")[2]: path for path in rules() if path.startswith(f"{section}.")}
        for key, node in yamlfile.entries(sections.get(section), f"{section}.", ours, faults).items():
            if (path := f"{section}.{key}") in values:
                values[path] = yamlfile.read(node, path, rules()[path].kind, faults)
    _check_together(values, sections, faults)
    faults.raise_any()
    return _build(values, folder.absolute())


def _check_together(values: dict[str, Any], sections: dict[str, Any], faults: yamlfile.Faults) -> None:
    if (values["web.certificate"] is None) != (values["web.private_key"] is None):
        faults.add(sections.get("web"), "web: certificate and private_key belong together; give both or none")


def _build(values: dict[str, Any], folder: Path) -> Settings:
    for path, rule in rules().items():
        if rule.kind.expected.startswith(PATH.expected) and values[path] is not None:
            values[path] = folder / Path(values[path]).expanduser()
    database = f"sqlite:///{values['librarian.data_directory'] / 'catalog.sqlite'}"
    values["librarian.database"] = values["librarian.database"] or database
    made = {name: kind(**_of(name, kind, values)) for name, kind in SECTIONS.items() if kind is not Settings}
    return Settings(folder=folder, **_of("librarian", Settings, values), **made)


def _of(section: str, kind: type, values: dict[str, Any]) -> dict[str, Any]:
    names = (field.name for field in fields(kind))
    return {name: values[f"{section}.{name}"] for name in names if f"{section}.{name}" in values}
