"""What users say about plates."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from happenings import NOON, SOMEBODY, World
from imagehub.librarian.catalog import CatalogError, writing
from imagehub.librarian.queries.faults import ValueFault
from imagehub.librarian.schema import audit_log, plate_aliases, plate_sightings, plates
from imagehub.librarian.vision.plates import known


def rows(world: World, table: Any) -> list[Any]:
    """Return the rows of a table."""
    with world.engine.connect() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)))


def add(world: World, **said: Any) -> int:
    """Add a plate."""
    with writing(world.engine) as connection:
        return known.add(connection, SOMEBODY, **said)


def change(world: World, number: int, **said: Any) -> None:
    """Change a plate."""
    with writing(world.engine) as connection:
        known.change(connection, SOMEBODY, number, **said)


def test_a_plate_is_added_as_it_is_written_on_the_car(world: World) -> None:
    """Blanks, hyphens and small letters do not matter."""
    add(world, text="b-ö 123", region="DE", owner=" Ann ", watched=True)
    [plate] = rows(world, plates)
    assert (plate.text, plate.region, plate.owner, plate.watched, plate.identified) == (
        "BO123",
        "de",
        "Ann",
        True,
        False,
    )


def test_a_change_is_logged_with_what_changed_alone(world: World) -> None:
    """What is as it was is not told; without a change nothing is logged."""
    number = add(world, text="5AU5341", owner="Ann")
    change(world, number, owner="Ann", color="silver", identified=True)
    change(world, number, color="silver")
    assert [(row.action, row.subject) for row in rows(world, audit_log)] == [
        ("plate.add", "5AU5341"), ("plate.edit", "5AU5341"),
    ]  # fmt: skip
    assert json.loads(rows(world, audit_log)[1].details) == {"color": "silver", "identified": True}


def test_a_corrected_text_leaves_an_alias(world: World) -> None:
    """What was misread so once is taken for this plate the next time."""
    number = add(world, text="5AU534I")
    change(world, number, text="5AU 5341")
    assert [(row.plate_id, row.text) for row in rows(world, plate_aliases)] == [(number, "5AU534I")]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"text": "-"}, "text"),
        ({"text": "A" * 33}, "text"),
        ({"text": "1AB2345"}, "text"),
        ({"region": "Germany"}, "region"),
        ({"owner": "A" * 101}, "owner"),
        ({"note": "\x00"}, "note"),
        ({"color": "A" * 101}, "color"),
    ],
)
def test_what_cannot_be_is_told_by_its_field(world: World, said: dict[str, Any], field: str) -> None:
    """The form shows it beside the field; nothing is changed."""
    number = add(world, text="5AU5341")
    add(world, text="1AB2345")
    with pytest.raises(ValueFault) as raised:
        change(world, number, **said)
    assert raised.value.field == field
    assert len(rows(world, audit_log)) == 2


def test_merging_moves_sightings_and_remembers_the_text(world: World) -> None:
    """Aliases of the plate that goes move, too."""
    camera = world.camera()
    world.image(camera, NOON)
    world.sighting(camera, NOON, "5AU534I")
    wrong = rows(world, plates)[0].id
    change(world, wrong, text="5AUS341")
    right = add(world, text="5AU5341", identified=True)
    with writing(world.engine) as connection:
        known.merge(connection, SOMEBODY, wrong, right)
    assert [row.id for row in rows(world, plates)] == [right]
    assert [row.plate_id for row in rows(world, plate_sightings)] == [right]
    assert sorted((row.plate_id, row.text) for row in rows(world, plate_aliases)) == [
        (right, "5AU534I"), (right, "5AUS341"),
    ]  # fmt: skip
    assert rows(world, audit_log)[-1].action == "plate.merge"
    with pytest.raises(ValueFault), writing(world.engine) as connection:
        known.merge(connection, SOMEBODY, right, right)


def test_a_plate_goes_with_its_sightings(world: World) -> None:
    """The audit log remembers which it was."""
    world.sighting(world.camera(), NOON, "5AU5341")
    with writing(world.engine) as connection:
        known.remove(connection, SOMEBODY, rows(world, plates)[0].id)
    assert (rows(world, plates), rows(world, plate_sightings)) == ([], [])
    assert [(row.action, row.subject) for row in rows(world, audit_log)] == [("plate.delete", "5AU5341")]


def test_a_plate_that_is_not_there_is_told(world: World) -> None:
    """It may have been merged meanwhile."""
    with pytest.raises(CatalogError, match="no plate 7"):
        change(world, 7, owner="Ann")
    with pytest.raises(TypeError):
        change(world, add(world, text="AB123"), colour="red")
