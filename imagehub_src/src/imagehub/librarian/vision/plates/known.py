"""What users say about plates: whose they are, which are watched, and which are one."""

from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from imagehub.librarian import audit
from imagehub.librarian.audit import Actor
from imagehub.librarian.catalog import CatalogError
from imagehub.librarian.queries.faults import ValueFault
from imagehub.librarian.schema import NAME, plate_aliases, plate_sightings, plates, tracks
from imagehub.librarian.vision.plates.patterns import REGION, normal

SIZES = {"owner": NAME, "vehicle": NAME, "color": NAME, "note": 1000}
LONGEST = 32


def add(connection: Connection, actor: Actor, *, text: str, **said: str | bool) -> int:
    """Add a plate that was not seen yet, such as one to watch for, and return its id; see `change` for what is said.

    Raises:
        ValueFault: a value is not as it has to be, or the plate is there already.
    """
    empty = dict.fromkeys(SIZES, "") | {"region": "", "identified": False, "watched": False}
    values = _checked(connection, None, empty | said | {"text": text})
    made = connection.execute(insert(plates).values(**values)).inserted_primary_key
    assert made is not None
    audit.note(connection, actor, "plate.add", values["text"], **_told(values))
    return int(made[0])


def change(connection: Connection, actor: Actor, id: int, **said: str | bool) -> None:  # noqa: A002
    """Set what users say: text, region, owner, vehicle, color, note, identified or watched; the rest stays.

    Raises:
        ValueFault: a value is not as it has to be, or another plate has this text.
        CatalogError: there is no such plate.
    """
    before = _plate(connection, id)
    values = _checked(connection, id, said)
    changed = {name: value for name, value in values.items() if value != getattr(before, name)}
    if changed:
        connection.execute(update(plates).where(plates.c.id == id).values(**changed))
        # Readings as before go on being this plate's.
        if "text" in changed:
            _remember(connection, id, before.text)
        audit.note(connection, actor, "plate.edit", before.text, **changed)


def merge(connection: Connection, actor: Actor, source: int, target: int) -> None:
    """Make a plate one with another: its sightings move, and what reads so is taken for the other from now on.

    Raises:
        ValueFault: both are the same.
        CatalogError: one of them is not there.
    """
    if source == target:
        raise ValueFault("target", "is this plate itself; choose another one")
    gone, stays = _plate(connection, source), _plate(connection, target)
    for table in (plate_sightings, tracks, plate_aliases):
        connection.execute(update(table).where(table.c.plate_id == source).values(plate_id=target))
    connection.execute(delete(plates).where(plates.c.id == source))
    if gone.text != stays.text:
        _remember(connection, target, gone.text)
    audit.note(connection, actor, "plate.merge", gone.text, into=stays.text)


def remove(connection: Connection, actor: Actor, id: int) -> None:  # noqa: A002
    """Delete a plate with its sightings.

    Raises:
        CatalogError: there is no such plate.
    """
    gone = _plate(connection, id)
    for table in (plate_sightings, tracks, plate_aliases):
        connection.execute(delete(table).where(table.c.plate_id == id))
    connection.execute(delete(plates).where(plates.c.id == id))
    audit.note(connection, actor, "plate.delete", gone.text)


def _plate(connection: Connection, id: int) -> Row[Any]:  # noqa: A002
    row = connection.execute(select(plates).where(plates.c.id == id).with_for_update()).first()
    if row is None:
        raise CatalogError(f"there is no plate {id}: it was deleted or merged, or never there")
    return row


def _remember(connection: Connection, id: int, text: str) -> None:  # noqa: A002
    connection.execute(delete(plate_aliases).where(plate_aliases.c.text == text))
    connection.execute(insert(plate_aliases).values(plate_id=id, text=text))


def _checked(connection: Connection, id: int | None, said: dict[str, Any]) -> dict[str, Any]:  # noqa: A002
    values = {name: value.strip() if isinstance(value, str) else value for name, value in said.items()}
    unknown = values.keys() - {"text", "region", "identified", "watched", *SIZES}
    if unknown:
        raise TypeError(f"plates have no {', '.join(sorted(unknown))}")
    for name, size in SIZES.items():
        _check_words(name, values.get(name, ""), size)
    if "text" in values:
        values["text"] = _text(values["text"])
    if values.get("region") and not REGION.fullmatch(values["region"].lower()):
        raise ValueFault("region", "give a country as `de`, a state as `us-tx`, or nothing")
    if "region" in values:
        values["region"] = values["region"].lower()
    _check_single(connection, id, values)
    return values


def _check_words(name: str, text: str, size: int) -> None:
    if len(text) > size:
        raise ValueFault(name, f"has {len(text)} characters; give at most {size}")
    if not "".join(text.split()).isprintable():
        raise ValueFault(name, "has characters that can't be shown; type it anew")


def _text(given: str) -> str:
    text = normal(given)
    if not 2 <= len(text) <= LONGEST:
        raise ValueFault("text", f"give 2 to {LONGEST} letters and digits, as they stand on the plate")
    return text


def _check_single(connection: Connection, id: int | None, values: dict[str, Any]) -> None:  # noqa: A002
    now = connection.execute(select(plates.c.text, plates.c.region).where(plates.c.id == id)).first()
    text, region = (values.get(name, getattr(now, name, "")) for name in ("text", "region"))
    same = select(plates.c.id).where(plates.c.text == text, plates.c.region == region)
    found = connection.execute(same).scalar()
    if found is not None and found != id:
        raise ValueFault("text", f"{text} is there already; merge the two")


def _told(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value and name != "text"}
