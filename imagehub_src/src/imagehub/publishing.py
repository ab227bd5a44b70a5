"""Giving stored images and events on to viewers, in imageZMQ's PUB format."""

import json

import zmq

from imagehub.errors import SettingsError
from imagehub.transport import publisher
from imagehub.wire import EventMessage, ImageMessage


class Publisher:
    """Publishes what was stored; viewers connect with `imagezmq.ImageHub(..., REQ_REP=False)`. One thread calls it."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], address: str) -> None:
        """Bind to `address`; raise SettingsError if that can't be had."""
        try:
            self._socket = publisher(context, address)
        except zmq.ZMQError as error:
            raise SettingsError([f"hub.publish_port: can't listen on {address}: {error}"]) from error

    def __call__(self, message: ImageMessage | EventMessage) -> None:
        """Send a message as `send_jpg` would, with the time that it was taken at where its sender told that."""
        header = {"msg": message.text} | ({"taken": message.taken} if message.taken else {})
        self._socket.send(json.dumps(header).encode(), zmq.SNDMORE)
        self._socket.send(message.body)

    def close(self) -> None:
        """Close the socket; what viewers have not fetched is dropped."""
        self._socket.close()
