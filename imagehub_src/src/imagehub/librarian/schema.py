"""The catalog's tables: what each holds, and the indexes that the questions asked of it need.

Times are whole microseconds since 1970-01-01 UTC: the same in every database, exact, and quick to compare. A `day`
is the hub's own local day, which names the folder that an image lies in: that of its arrival, also where it was taken
before.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.mysql import MEDIUMTEXT

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
# Names that differ in case, or in an accent, are different names everywhere.
OPTIONS: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}
NUMBER = BigInteger().with_variant(Integer(), "sqlite")
LONG = Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")
NAME, TYPE, MAX_PATH = 100, 100, 300
# Who follows these tables looks for higher ids: that of a deleted row must not come again.
FOLLOWED = {"images", "events", "detections", "plate_sightings", "tracks"}

metadata = MetaData(naming_convention=NAMES)


def _column(name: str, kind: Any, comment: str, *more: Any, null: bool = False, old: Any = None) -> Column[Any]:
    """Return a column; `old` is what rows have that were there before it."""
    return Column(name, kind, *more, nullable=null, comment=comment, server_default=old)


def _id() -> Column[Any]:
    return Column("id", NUMBER, primary_key=True, autoincrement=True, comment="number of the row")


def _to(table: str, comment: str, null: bool = False, lost: str = "CASCADE") -> Column[Any]:
    name = {"cameras": "camera", "nodes": "node"}.get(table, table.removesuffix("s"))
    return Column(f"{name}_id", ForeignKey(f"{table}.id", ondelete=lost), nullable=null, comment=comment)


def _table(name: str, comment: str, *parts: Any) -> Table:
    return Table(name, metadata, *parts, comment=comment, sqlite_autoincrement=name in FOLLOWED, **OPTIONS)


def _time(what: str, name: str = "time_us", null: bool = False) -> Column[Any]:
    return _column(name, BigInteger, f"{what}, in microseconds since 1970-01-01 UTC", null=null)


hubs = _table(
    "hubs",
    "data directories of hubs, and how far the journal of each is taken in",
    _id(),
    _column("data_directory", String(700), "absolute path of the data directory"),
    _column("segment", String(64), "journal segment up to which all is taken in; empty: none"),
    _column("offset", BigInteger, "bytes of that segment that are taken in"),
    _column("sequence", BigInteger, "highest sequence number taken in"),
    _column("purged", BigInteger, "sequence number up to which images are known to be purged"),
    _column("damaged", BigInteger, "lines of the journal that could not be read"),
    UniqueConstraint("data_directory"),
)
nodes = _table(
    "nodes",
    "computers that send, made when first seen",
    _id(),
    _to("hubs", "the hub that the node sends to"),
    _column("name", String(NAME), "name of the node"),
    UniqueConstraint("hub_id", "name"),
)
cameras = _table(
    "cameras",
    "one view of one node each, made when first seen; users change the rest",
    _id(),
    _to("nodes", "the node that the camera belongs to"),
    _column("view", String(NAME), "view of the camera; may be empty"),
    _column("type", String(TYPE), "what a user says the camera is; empty: not said"),
    _column("display", Boolean, "show the camera on the wall"),
    _column("check_objects", Boolean, "look for objects in its images"),
    _column("alpr", Boolean, "read licence plates in its images"),
    _column("roi_names", String(1000), "names of its regions, with commas between"),
    _column("message", String(1000), "text that goes with its notifications"),
    _column("notifications", Boolean, "notify about what this camera sees"),
    _column("tiles", Boolean, "look at parts of its images too, for small and far objects", old=false()),
    _column("thresholds", String(1000), "least score by label, as a JSON object; empty: those of the settings", old=""),
    _column("votes", Integer, "images that must show a thing before it counts; null: as in the settings", null=True),
    _time("when the hub accepted its latest message; null: not known", "heard_us", null=True),
    UniqueConstraint("node_id", "view"),
)
regions = _table(
    "regions",
    "parts of a camera's picture: those that rules name, and those where nothing is looked for",
    _id(),
    _to("cameras", "the camera whose picture it is part of"),
    _column("name", String(NAME), "name of the region"),
    _column("use", String(10), "`zone`: rules may name it; `ignore`: what stands there is not looked at"),
    _column("polygon", LONG, "corners as a JSON list of [x, y], from 0 to 1 of the image's width and height"),
    UniqueConstraint("camera_id", "name"),
)
days = _table(
    "days",
    "what each camera sent on each day, for calendars and retention",
    Column("day", String(10), primary_key=True, comment="local day of the hub, YYYY-MM-DD"),
    Column(
        "camera_id", ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True, comment="the camera that sent it"
    ),
    _column("images", BigInteger, "images that are stored now"),
    _column("events", BigInteger, "events that were stored"),
    _column("bytes", BigInteger, "size of the images together"),
    Index(None, "camera_id", "day"),
)
images = _table(
    "images",
    "one row for each image that the hub acknowledged, or that an older hub left",
    _id(),
    _to("hubs", "the hub that stored it"),
    _to("cameras", "the camera that sent it"),
    _column("sequence", BigInteger, "sequence number in the hub's journal; null: from before there was one", null=True),
    _time("when it was taken, as far as its sender told, else when the hub accepted it"),
    _column("day", String(10), "local day of the hub, YYYY-MM-DD"),
    _column("type", String(TYPE), "type word of the message, as sent"),
    _column("text", LONG, "text of the message, control characters escaped"),
    _column("path", String(MAX_PATH), "path of the file, relative to the data directory"),
    _column("bytes", BigInteger, "size of the file"),
    _column("checksum", String(32), "checksum in the journal; empty: from before there was one"),
    _column("state", String(10), "`stored`, or `going`: it is about to be deleted, and shown no more"),
    _column("hold", Boolean, "exempt from retention"),
    UniqueConstraint("hub_id", "sequence"),
    Index(None, "camera_id", "time_us"),
    Index(None, "camera_id", "day", "time_us"),
    Index(None, "hub_id", "day"),
    Index(None, "time_us"),
    # Few are held: where the database can, the index has those only.
    Index(None, "hold", "time_us", sqlite_where=text("hold = 1"), postgresql_where=text("hold")),
)
deletions = _table(
    "deletions",
    "images that are going: the file is deleted next, and then the image's row with this one",
    Column(
        "image_id",
        NUMBER,
        ForeignKey("images.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="the image that goes",
    ),
    _time("when that was decided"),
    _column("reason", String(NAME), "who or what decided it, such as `retention` or a user's name"),
)
holds = _table(
    "holds",
    "spans of time whose images and events are exempt from retention",
    _id(),
    _to("cameras", "the camera that is meant; null: all", null=True),
    _time("begin of the span", "start_us"),
    _time("end of the span, which does not belong to it", "end_us"),
    _column("reason", String(200), "why it is held"),
    _column("actor", String(NAME), "name of the one who asked for it"),
    _time("when it was made", "created_us"),
    Index(None, "camera_id", "start_us"),
)
retention = _table(
    "retention",
    "how long images are kept: the closest row gives the age, and each row limits the size of its images",
    _id(),
    _to("cameras", "the camera that is meant; null: all", null=True),
    _column("day_class", String(10), "`any`, `eventful` (days with events of the camera) or `quiet` (days without)"),
    _column("keep_days", Integer, "days that images are kept; null: this row does not say", null=True),
    _column("keep_bytes", BigInteger, "size that the images may have together; null: any", null=True),
    Index(None, "camera_id", "day_class"),
)
events = _table(
    "events",
    "one row for each event that the hub acknowledged, or that an older hub logged",
    _id(),
    _to("hubs", "the hub that stored it"),
    _to("cameras", "the camera that it happened at"),
    _column("sequence", BigInteger, "sequence number in the hub's journal; null: from before there was one", null=True),
    _time("when it happened, as far as its sender told, else when the hub accepted it"),
    _column("day", String(10), "local day of the hub, YYYY-MM-DD"),
    _column("kind", String(20), "`motion`, `light`, `temperature`, `humidity`, `restart` or `other`"),
    _column("type", String(TYPE), "type word of the message, as sent"),
    _column("value", Double, "the number that a reading tells; null: none", null=True),
    _column("text", LONG, "text of the message, control characters escaped"),
    _column("hold", Boolean, "exempt from retention"),
    UniqueConstraint("hub_id", "sequence"),
    # With the value, so that a chart of a month reads the index only.
    Index(None, "camera_id", "kind", "time_us", "value"),
    Index(None, "camera_id", "time_us"),
    Index(None, "kind", "time_us"),
    Index(None, "hub_id", "day"),
    Index(None, "time_us"),
)
objects = _table(
    "objects",
    "labels that detectors know, such as person or car",
    _id(),
    _column("label", String(NAME), "the label"),
    UniqueConstraint("label"),
)


def _box() -> tuple[Column[Any], ...]:
    return tuple(
        _column(name, Double, f"{side} of the box, from 0 to 1 of the image's {of}")
        for name, side, of in (
            ("left", "left edge", "width"),
            ("top", "top edge", "height"),
            ("width", "width", "width"),
            ("height", "height", "height"),
        )
    )


def _found(what: str) -> tuple[Column[Any], ...]:
    return (
        _to("images", "the image it was found in; null: it was deleted", null=True, lost="SET NULL"),
        _to("cameras", "the camera that sent the image"),
        _time("time of the image"),
        _column("score", Double, f"how sure the {what} is, from 0 to 1"),
        *_box(),
    )


models = _table(
    "models",
    "what looked into images: a detector or a reader of plates, in one version",
    _id(),
    _column("name", String(NAME), "name of the model, such as `coco-ssd`"),
    _column("version", String(NAME), "its version"),
    _column("digest", String(64), "SHA-256 of its file, as hexadecimal digits; empty: it is not ours to read"),
    UniqueConstraint("name", "version", "digest"),
)
plates = _table(
    "plates",
    "licence plates that were read at least once",
    _id(),
    _column("text", String(32), "text of the plate"),
    _column("region", String(32), "country or state; empty: not known"),
    _column("identified", Boolean, "a user knows whose plate it is", old=false()),
    _column("watched", Boolean, "it is on the watch list", old=false()),
    _column("owner", String(NAME), "whose it is; empty: not said", old=""),
    _column("vehicle", String(NAME), "type of the vehicle, such as `van`; empty: not said", old=""),
    _column("color", String(NAME), "colour of the vehicle; empty: not said", old=""),
    _column("note", String(1000), "what users want to remember", old=""),
    UniqueConstraint("text", "region"),
)
plate_aliases = _table(
    "plate_aliases",
    "texts that are readings of another plate: plates that a user merged into it",
    _id(),
    _to("plates", "the plate that is meant"),
    _column("text", String(32), "text as it is read at times"),
    UniqueConstraint("text"),
)
tracks = _table(
    "tracks",
    "one thing that a camera saw, from the image on which votes made it sure until it was gone",
    _id(),
    _to("cameras", "the camera that saw it"),
    _to("objects", "what it is; null: a plate", null=True),
    _to("plates", "which plate it is; null: an object", null=True),
    _to("images", "the image that shows it best; null: it was deleted", null=True, lost="SET NULL"),
    _time("time of the image that made it sure"),
    _time("time of the first image that shows it", "first_us"),
    _time("time of the last image that shows it", "last_us"),
    _column("images", Integer, "how many images show it"),
    _column("score", Double, "how sure the surest image is, from 0 to 1"),
    *_box(),
    _column("absent_us", BigInteger, "how long the images since then show it no more, in microseconds"),
    _column("ended", Boolean, "it is gone: what looks the same later is another one"),
    _column("quiet", Boolean, "it was found by looking at old images again: nobody is notified"),
    Index(None, "camera_id", "ended", "last_us"),
    Index(None, "object_id", "time_us"),
    Index(None, "plate_id", "time_us"),
    Index(None, "image_id"),
)
detections = _table(
    "detections",
    "one thing that was found in one image",
    _id(),
    _to("objects", "what it is"),
    *_found("detector"),
    _to("models", "the detector; null: not known", null=True, lost="SET NULL"),
    _to("tracks", "the thing that it shows; null: votes did not suffice", null=True, lost="SET NULL"),
    Index(None, "image_id", "object_id"),
    Index(None, "object_id", "time_us"),
    Index(None, "camera_id", "object_id", "time_us"),
    Index(None, "track_id"),
)
plate_sightings = _table(
    "plate_sightings",
    "one reading of one plate in one image",
    _id(),
    _to("plates", "the plate that was read"),
    *_found("reader"),
    _column("reading", String(32), "text as it was read in this image", old=""),
    _to("models", "the reader; null: not known", null=True, lost="SET NULL"),
    _to("tracks", "the plate's stay that it belongs to; null: votes did not suffice", null=True, lost="SET NULL"),
    Index(None, "image_id", "plate_id"),
    Index(None, "plate_id", "time_us"),
    Index(None, "camera_id", "time_us"),
    Index(None, "track_id"),
)
rules = _table(
    "rules",
    "when to notify whom",
    _id(),
    _column("name", String(NAME), "name of the rule"),
    _column("enabled", Boolean, "the rule is watched"),
    _column("conditions", LONG, "when it fires, as JSON"),
    _column("actions", LONG, "what it does then, as JSON"),
    _column("cooldown_seconds", Integer, "seconds in which it fires once"),
    _time("when it was made", "created_us"),
    _time("since when the disk is low for it; null: it is not", "low_us", null=True),
    UniqueConstraint("name"),
)
followers = _table(
    "followers",
    "how far those that look at each new row have come",
    Column("name", String(NAME), primary_key=True, comment="who looks, such as `rules`"),
    _column("image", BigInteger, "highest id of images that was looked at"),
    _column("event", BigInteger, "highest id of events that was looked at"),
    _column("detection", BigInteger, "highest id of detections that was looked at"),
    _column("plate_sighting", BigInteger, "highest id of plate sightings that was looked at"),
)
notifications = _table(
    "notifications",
    "what rules sent, or are still to send",
    _id(),
    _to("rules", "the rule that fired; null: it was deleted", null=True, lost="SET NULL"),
    _to("images", "the image that it is about", null=True, lost="SET NULL"),
    _to("events", "the event that it is about", null=True, lost="SET NULL"),
    _to("cameras", "the camera that it is about", null=True, lost="SET NULL"),
    _time("when what it is about happened"),
    _column("cause", String(200), "what made it, once for each rule and action: nothing is sent twice"),
    _column("channel", String(NAME), "how it is sent: `mail`, `apprise`, `webhook` or `mqtt`"),
    _column("target", String(1000), "where it is sent; may hold a secret"),
    _column("title", String(200), "first line of what is sent"),
    _column("text", LONG, "what is sent"),
    _column("state", String(10), "`waiting`, `sending`, `sent` or `failed`"),
    _column("tries", Integer, "how often it was tried"),
    _column("error", String(1000), "why the last try failed; empty: it did not"),
    _time("when the rule fired", "created_us"),
    _time("when it is tried next, or was sent", "due_us"),
    UniqueConstraint("cause"),
    Index(None, "state", "due_us"),
    Index(None, "created_us"),
    Index(None, "rule_id", "camera_id", "time_us"),
    # Without them each row of images or events that goes would cost a look at all notifications.
    Index(None, "image_id"),
    Index(None, "event_id"),
)
users = _table(
    "users",
    "people who may look at the catalog",
    _id(),
    _column("name", String(NAME), "name to sign in with"),
    _column("mail", String(254), "address for a password reset; empty: none"),
    _column("password_hash", String(255), "argon2 hash; empty: no password was chosen yet"),
    _column("role", String(20), "`administrator` or `viewer`"),
    _column("disabled", Boolean, "may not sign in"),
    _column("restricted", Boolean, "sees only the cameras that `user_cameras` names"),
    _time("when the account was made", "created_us"),
    UniqueConstraint("name"),
)
user_cameras = _table(
    "user_cameras",
    "cameras that a restricted viewer sees",
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, comment="the viewer"),
    Column("camera_id", ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True, comment="a camera to see"),
)
tokens = _table(
    "tokens",
    "secrets that stand for a user, kept as digests only",
    _id(),
    _to("users", "whom it stands for", null=True),
    _column("purpose", String(20), "`api`, `session`, `first` or `reset`"),
    _column("name", String(NAME), "what its owner calls it"),
    _column("digest", String(64), "SHA-256 of the secret, as hexadecimal digits"),
    _column("scopes", String(200), "what it allows, with blanks between"),
    _time("when it was made", "created_us"),
    _time("when it ends; null: never", "expires_us", null=True),
    _time("when it was used last; null: never", "used_us", null=True),
    UniqueConstraint("digest"),
    Index(None, "user_id", "purpose"),
)
failed_tries = _table(
    "failed_tries",
    "passwords and links that were wrong, so that nobody tries them all",
    _id(),
    _column("who", String(320), "the account or the network address that is held back"),
    _time("when it was tried"),
    Index(None, "who", "time_us"),
    Index(None, "time_us"),
)
audit_log = _table(
    "audit_log",
    "every change that a user made",
    _id(),
    _time("when it was done"),
    _to("users", "who did it; null: the account is gone, or none was needed", null=True, lost="SET NULL"),
    _column("actor", String(NAME), "name of the one who did it, at that time"),
    _column("action", String(NAME), "what was done, such as `camera.edit`"),
    _column("subject", String(200), "what it was done to"),
    _column("details", LONG, "what changed, as JSON"),
    Index(None, "time_us"),
    Index(None, "user_id", "time_us"),
)
jobs = _table(
    "jobs",
    "work on images that waits for a worker; what is done has no row",
    _id(),
    _column("kind", String(20), "what is to be done: `objects`, `plates` or `votes`"),
    _to("images", "the image to work on"),
    _column("priority", Integer, "the higher, the earlier: 3 somebody waits, 2 event, 1 no event, 0 looked at again"),
    _time("time of the image: the newest goes first"),
    _column("state", String(10), "`waiting`, `running`, or `dead`: it was tried too often, or can never be done"),
    _time("waiting: when to try; running: when its worker loses it", "due_us"),
    _column("tries", Integer, "how often it was begun"),
    _column("worker", String(NAME), "who works on it, or did last; empty: nobody yet"),
    _column("error", String(1000), "why the last try failed; empty: it did not"),
    UniqueConstraint("image_id", "kind"),
    Index(None, "state", "priority", "time_us"),
    Index(None, "state", "due_us"),
)
workers = _table(
    "workers",
    "processes that look into images, and what they are at",
    Column("name", String(NAME), primary_key=True, comment="its machine and process, as `barn-pi:4711`"),
    _column("model", String(300), "the detector that it looks with"),
    _time("when it started", "started_us"),
    _time("when it was heard of last", "beat_us"),
)
work = _table(
    "work",
    "what workers did in each minute, for rates; minute 0 is the sum of all before",
    Column("minute", BigInteger, primary_key=True, autoincrement=False, comment="minutes since 1970-01-01 UTC"),
    Column("worker", String(NAME), primary_key=True, comment="name of the worker"),
    Column("kind", String(20), primary_key=True, comment="kind of the jobs"),
    _column("done", Integer, "jobs that were done"),
    _column("failed", Integer, "tries that failed"),
    _column("busy_us", BigInteger, "time that they took, in microseconds"),
)
quotas = _table(
    "quotas",
    "calls of services that allow so many a month",
    Column("service", String(NAME), primary_key=True, comment="name of the service"),
    Column("month", String(7), primary_key=True, comment="month in UTC, as 2026-11"),
    _column("calls", Integer, "calls that were made, by our count"),
    _column("allowed", Integer, "calls that the service says are allowed; null: it did not say", null=True),
)
