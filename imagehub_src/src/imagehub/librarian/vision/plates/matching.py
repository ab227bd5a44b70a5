"""Whose plate is it: which of the catalog's plates does a reading mean?"""

from sqlalchemy import Connection, Row, Table, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from imagehub.librarian.schema import plate_aliases, plates
from imagehub.librarian.vision.plates.voting import confused


def plate_for(connection: Connection, text: str, region: str) -> int:
    """Return the id of the plate that a reading means, made if there is none.

    It is the plate with this text, or one that a user said is read so at times, or one that somebody knows or watches
    and that differs only in characters that look alike. Where two such plates are meant equally, it is neither.
    """
    same = _same(connection, text, region)
    if same is not None:
        return same
    alias = connection.execute(select(plate_aliases.c.plate_id).where(plate_aliases.c.text == text)).scalar()
    if alias is not None:
        return int(alias)
    return _known(connection, text, region) or _made(connection, text, region)


def compatible(one: str, other: str) -> bool:
    """Tell whether two regions may be one: one is not known, or part of the other."""
    return not one or not other or one == other or f"{one}-".startswith(f"{other}-") or other.startswith(f"{one}-")


def _same(connection: Connection, text: str, region: str) -> int | None:
    of = plates.c
    wanted = select(of.id, of.region, of.identified).where(of.text == text)
    fits = [row for row in connection.execute(wanted.order_by(of.id)) if compatible(row.region, region)]
    if not fits:
        return None
    row = min(fits, key=lambda one: (one.region != region, not one.identified))
    if len(fits) == 1 and len(region) > len(row.region):
        connection.execute(update(plates).where(of.id == row.id).values(region=region))
    return int(row.id)


def _known(connection: Connection, text: str, region: str) -> int | None:
    of = plates.c
    wanted = select(of.id, of.text, of.region).where(or_(of.identified, of.watched))
    costs = sorted(
        (cost, row.id)
        for row in connection.execute(wanted)
        if compatible(row.region, region) and (cost := confused(text, row.text)) is not None
    )
    if not costs or (len(costs) > 1 and costs[0][0] == costs[1][0]):
        return None
    return int(costs[0][1])


def _made(connection: Connection, text: str, region: str) -> int:
    words = {"text": text, "region": region}
    rest = {"identified": False, "watched": False, "owner": "", "vehicle": "", "color": "", "note": ""}
    return number_of(connection, plates, words, rest)


def number_of(
    connection: Connection, table: Table, words: dict[str, str], rest: dict[str, object] | None = None
) -> int:
    """Return the id of the row with these words, made if need be, with the rest."""
    same = select(table.c.id).where(*(table.c[name] == word for name, word in words.items()))
    found: Row[tuple[int]] | None = connection.execute(same).first()
    if found is None:
        try:
            with connection.begin_nested():
                connection.execute(insert(table).values(**words, **rest or {}))
        except IntegrityError:
            pass  # another worker made it
        # A lock reads what is there now, and not what was when the transaction began.
        found = connection.execute(same.with_for_update(read=True)).one()
    return int(found[0])
