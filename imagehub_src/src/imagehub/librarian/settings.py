"""The librarian's settings: `librarian.yaml`, with a section for each of its parts."""

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from imagehub import yamlfile
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
SCORE = Kind("number from 0 to 1", lambda value: type(value) in {int, float} and 0 <= value <= 1)
THRESHOLD = Kind(
    "label and least score, as `person=0.6`",
    lambda value: isinstance(value, str) and bool(re.fullmatch(r"[^=]*[^=\s]=(0|1|0?\.\d+|1\.0+)", value.strip())),
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
class Vision:
    """Section `vision:`: how objects and licence plates are found in the images of cameras that ask for it."""

    enabled: Annotated[bool, Rule(False, TRUTH, "Look for objects and plates; needs `imagehub[vision]` and models.")]
    workers: Annotated[int, Rule(1, whole(0, 16), "Worker processes that `run` starts; 0: they are started elsewhere.")]
    threads: Annotated[int, Rule(1, whole(1, 64), "Threads of each worker.")]
    models_directory: Annotated[
        Path | None, Rule(None, or_null(PATH), "Where models are; null: `models` in `data_directory`.")
    ]
    model: Annotated[
        str,
        Rule("coco-ssd", WORDS, "Detector: name of an installed model, or path of another one's ONNX file."),
    ]
    model_form: Annotated[
        str, Rule("ssd", one_of("ssd", "yolo"), "Form of that file's outputs: boxes, scores and classes, or YOLO's.")
    ]
    labels_file: Annotated[
        Path | None,
        Rule(None, or_null(PATH), "File with that model's labels, one a line; null: the model has its own."),
    ]
    runtime: Annotated[
        str,
        Rule(
            "auto",
            one_of("auto", "onnxruntime", "openvino"),
            "What models are computed with; auto: OpenVINO if it is installed, else onnxruntime.",
        ),
    ]
    min_score: Annotated[
        float, Rule(0.5, SCORE, "Least score of an object, from 0 to 1, where no threshold of its label is given.")
    ]
    thresholds: Annotated[tuple[str, ...], Rule((), list_of(THRESHOLD), "Least scores by label, each as `person=0.6`.")]
    crops: Annotated[
        int,
        Rule(3, whole(0, 16), "Parts of the picture around what moved that are looked at more closely, at most."),
    ]
    votes: Annotated[
        int, Rule(2, whole(1, 20), "Images of an event that must show an object before it counts as seen.")
    ]
    event_seconds: Annotated[
        int, Rule(10, whole(1, 600), "Images of a camera at most so far apart belong to one event.", unit="seconds")
    ]
    plate_engine: Annotated[
        str,
        Rule(
            "local", one_of("local", "platerecognizer"), "Who reads plates: this machine, or the Plate Recognizer API."
        ),
    ]
    plate_regions: Annotated[
        tuple[str, ...],
        Rule((), list_of(WORDS), "Regions whose plates are expected, the likeliest first, as `us-tx`; empty: all."),
    ]
    plate_patterns_file: Annotated[
        Path | None, Rule(None, or_null(PATH), "YAML file with plate patterns of more regions; null: none.")
    ]
    plate_api_url: Annotated[
        str,
        Rule(
            "https://api.platerecognizer.com/v1/plate-reader/",
            HTTP_URL,
            "Where the Plate Recognizer API is: in the cloud, or on your premises.",
        ),
    ]
    plate_api_token_file: Annotated[
        Path | None, Rule(None, or_null(PATH), "File that holds its API token, and nothing else.")
    ]
    plate_api_monthly_calls: Annotated[int, Rule(2500, whole(0, 10_000_000), "Calls of that API a month, at most.")]
    max_megapixels: Annotated[int, Rule(50, whole(1, 1000), "Larger pictures are not looked at.", unit="megapixels")]
    job_seconds: Annotated[
        int, Rule(60, whole(5, 3600), "Longest that a worker is at one image; then it is ended.", unit="seconds")
    ]
    tries: Annotated[int, Rule(3, whole(1, 100), "How often an image is tried before it is put aside.")]


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
    sessions_directory: Annotated[
        Path | None,
        Rule(None, or_null(PATH), "Where a colony's conductor gathers recordings, for the page Sessions; null: none."),
    ]
    log_level: Annotated[
        str, Rule("info", one_of("debug", "info", "warning", "error"), "Least weight of what the librarian logs.")
    ]
    web: Web
    mail: Mail
    mqtt: Mqtt
    retention: Retention
    vision: Vision

    @property
    def models_directory(self) -> Path:
        """Where models are installed."""
        return self.vision.models_directory or self.data_directory / "models"


SECTIONS: dict[str, type] = {
    "librarian": Settings,
    "web": Web,
    "mail": Mail,
    "mqtt": Mqtt,
    "retention": Retention,
    "vision": Vision,
}


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
    return parse(yamlfile.read_text(path), path.absolute().parent, str(path))


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
