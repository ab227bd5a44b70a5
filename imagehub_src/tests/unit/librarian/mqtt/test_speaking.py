"""What comes in faster than it is answered does not pile up."""

from sqlalchemy import Engine

from hub_directories import HubDirectory
from imagehub.librarian import settings
from imagehub.librarian.arrivals import Arrivals
from imagehub.librarian.mqtt import speaking
from imagehub.librarian.mqtt.publisher import Publisher


def test_requests_that_wait_are_few(hub: HubDirectory, engine: Engine) -> None:
    """Those beyond are left out, long ones are cut, and the client's thread does not wait."""
    loaded = settings.parse("mqtt:\n  broker: 127.0.0.1\n", hub.root)
    speaker = speaking.Speaker(engine, loaded, Arrivals(), Publisher(), speaking.NO_FINDER)
    for _ in range(speaking.WAITING_MESSAGES + 10):
        speaker._receive("image/information", bytes(1_000_000))
    assert [len(payload) for _, payload in speaker._messages.queue] == [10_000] * speaking.WAITING_MESSAGES
