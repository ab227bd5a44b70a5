"""A camera with the stock sender: sends JPEGs and an event to a hub, and prints a digest for each picture."""

import hashlib
import os
import socket
import sys

import imagezmq

sender = imagezmq.ImageSender(connect_to=f"tcp://{sys.argv[1]}:5555")
name = socket.gethostname()
for number in range(int(sys.argv[2])):
    body = b"\xff\xd8" + os.urandom(20_000) + b"\xff\xd9"
    assert sender.send_jpg(f"{name} P1|jpg|{number}", body) == b"OK"
    print(hashlib.sha256(body).hexdigest())
assert sender.send_jpg(f"{name} P1|motion|moving", b"\xff\xd8\xff\xd9") == b"OK"
