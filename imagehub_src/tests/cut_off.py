"""A node whose network is cut, for a network namespace of its own: prints what its hub heard, as JSON.

The interface that goes down is the loopback: packets vanish, and neither side is told, as with a cable that is pulled.
"""

import json
import subprocess

from peers import Peer
from posting import event, running_office, settings
from running import until


def network(state: str) -> None:
    """Bring the network `up` or `down`."""
    subprocess.run(["ip", "link", "set", "lo", state], check=True)


def main() -> None:
    """Send ten events, cut the network, put ten more, and mend it."""
    network("up")
    with Peer() as hub, running_office(settings(hub.endpoint)) as office:
        for number in range(10):
            office.put(event(number))
        until(lambda: office.status().sent == 10, "the first ten")
        network("down")
        for number in range(10, 20):
            office.put(event(number))
        until(lambda: office.status().last_error, "the node to notice")
        heard_while_cut = len(hub.heard) - 10
        network("up")
        until(lambda: office.status().sent == 20, "the rest")
        print(json.dumps({"while cut": heard_while_cut, "texts": hub.texts(), "ids": hub.ids()}))


if __name__ == "__main__":
    main()
