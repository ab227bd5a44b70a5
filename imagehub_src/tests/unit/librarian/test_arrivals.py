"""Whoever waits for new rows is woken."""

from imagehub.librarian.arrivals import Arrivals


def test_wakes_those_who_listen() -> None:
    """All of them, each time, and nobody who has stopped listening."""
    arrivals, woken = Arrivals(), []
    with arrivals.listening(lambda: woken.append("first")):
        arrivals.announce()
        with arrivals.listening(lambda: woken.append("second")):
            arrivals.announce()
    arrivals.announce()
    assert sorted(woken) == ["first", "first", "second"]
