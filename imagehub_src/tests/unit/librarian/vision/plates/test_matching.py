"""Which plate of the catalog a reading means."""

from sqlalchemy import select

from happenings import SOMEBODY, World
from imagehub.librarian.catalog import writing
from imagehub.librarian.schema import plates
from imagehub.librarian.vision.plates import known
from imagehub.librarian.vision.plates.matching import compatible, plate_for


def plate(world: World, text: str, region: str = "") -> int:
    """Return the plate that a reading means."""
    with writing(world.engine) as connection:
        return plate_for(connection, text, region)


def add(world: World, text: str, **said: str | bool) -> int:
    """Add a plate that a user knows."""
    with writing(world.engine) as connection:
        return known.add(connection, SOMEBODY, text=text, **said)


def test_the_same_text_is_the_same_plate(world: World) -> None:
    """A plate is made once; a region that becomes known is written down."""
    first = plate(world, "5AU5341")
    assert plate(world, "5AU5341", "cz") == first
    assert plate(world, "5AU5341") == first
    with world.engine.connect() as connection:
        assert connection.execute(select(plates.c.region)).scalars().all() == ["cz"]


def test_the_same_text_in_another_country_is_another_plate(world: World) -> None:
    """Part of a country is no other country."""
    first = plate(world, "ABC1234", "us")
    assert plate(world, "ABC1234", "us-tx") == first
    assert plate(world, "ABC1234", "pl") != first
    assert compatible("us", "us-tx")
    assert not compatible("us-ny", "us-tx")


def test_a_known_plate_is_recognised_through_confusions(world: World) -> None:
    """A watched plate is found where a character was taken for one that looks like it."""
    friend = add(world, "5AU5341", identified=True)
    foe = add(world, "BOG8380", watched=True)
    assert plate(world, "5AU534I", "cz") == friend
    assert plate(world, "B0G838O") == foe
    assert plate(world, "5AU5349") not in {friend, foe}


def test_plates_that_nobody_knows_are_not_taken_for_each_other(world: World) -> None:
    """Two cars whose plates look alike are two cars, as long as no user says else."""
    assert plate(world, "5AU5341") != plate(world, "5AU534I")


def test_what_may_be_either_of_two_known_plates_is_neither(world: World) -> None:
    """Known plates are never mixed up."""
    both = {add(world, "ABC0", identified=True), add(world, "ABCQ", identified=True)}
    assert plate(world, "ABCO") not in both
    assert plate(world, "ABC0") in both


def test_an_alias_leads_to_its_plate(world: World) -> None:
    """What a user merged is read as the other one from then on."""
    wrong, right = plate(world, "SAUS341"), plate(world, "5AU5341")
    with writing(world.engine) as connection:
        known.merge(connection, SOMEBODY, wrong, right)
    assert plate(world, "SAUS341") == right
