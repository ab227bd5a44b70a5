"""A camera with the stock sender: sends pictures and an event to a hub, and prints a digest for each picture.

    camera.py HUB COUNT [PICTURE]

Without a file to send they are noise, each another one.
"""

import hashlib
import os
import socket
import sys
from pathlib import Path

import imagezmq

sender = imagezmq.ImageSender(connect_to=f"tcp://{sys.argv[1]}:5555")
name = socket.gethostname()
for number in range(int(sys.argv[2])):
    body = Path(sys.argv[3]).read_bytes() if sys.argv[3:] else b"\xff\xd8" + os.urandom(20_000) + b"\xff\xd9"
    assert sender.send_jpg(f"{name} P1|jpg|{number}", body) == b"OK"
    print(hashlib.sha256(body).hexdigest())
assert sender.send_jpg(f"{name} P1|motion|moving", b"\xff\xd8\xff\xd9") == b"OK"
