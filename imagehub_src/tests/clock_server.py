"""A process that tells its clock over ZeroMQ: prints its port, then answers each request with two instants."""

import json
import sys
import time

import zmq


def main() -> None:
    """Answer until standard input ends."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    replies = context.socket(zmq.REP)
    replies.linger = 0
    print(replies.bind_to_random_port("tcp://127.0.0.1"), flush=True)
    poller = zmq.Poller()
    poller.register(replies, zmq.POLLIN)
    poller.register(sys.stdin.fileno(), zmq.POLLIN)
    while sys.stdin.fileno() not in (ready := dict(poller.poll())):
        received_ns = time.time_ns()
        assert replies in ready
        replies.recv()
        replies.send(json.dumps({"received_ns": received_ns, "answered_ns": time.time_ns()}).encode())
    context.destroy(linger=0)


if __name__ == "__main__":
    main()
