"""The front keeps each request until it is answered, whatever becomes of the store process."""

import mmap
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import zmq

from fronting import PlayedFront
from imagehub import front, link
from imagehub.errors import LinkError
from imagehub.front import HOPELESS, MOST_HAND_OVERS, SHRINK_PAGES, STOPPED
from requirements_here import require
from running import free_port
from sockets import has_ipv6

HEADER, JPEG = b'{"msg": "Barn P1|jpg|"}', b"\xff\xd8 picture"


@pytest.fixture
def played() -> Iterator[PlayedFront]:
    """A front to which nothing is attached yet."""
    with PlayedFront() as played:
        yield played


def received(sender: zmq.Socket[bytes]) -> bool:
    """Tell whether a sender has an answer."""
    return bool(sender.poll(0))


class TestRequests:
    """What comes from a sender reaches the store process, and the answer reaches the sender."""

    def test_a_request_is_handed_over_with_its_frames(self, played: PlayedFront) -> None:
        """The store process finds the frames in the region, one behind the other, and knows who sent them."""
        store = played.store()
        played.ask(HEADER, JPEG)
        (request,) = played.handed_over(store, 1)
        assert store.frames(request) == [HEADER, JPEG]
        assert (request.frame_count, request.peer) == (2, "127.0.0.1")

    def test_each_reply_reaches_the_sender_of_its_request(self, played: PlayedFront) -> None:
        """Answers may come in any order, and in one piece or several."""
        store = played.store()
        senders = [played.ask(b"%d" % number, JPEG) for number in range(5)]
        requests = played.handed_over(store, 5)
        texts = {request.number: b"to " + store.frames(request)[0] for request in requests}
        store.reply(*list(texts.items())[:1:-1])
        store.reply(*list(texts.items())[:2])
        played.until(lambda: all(map(received, senders)), "all answers")
        assert [sender.recv() for sender in senders] == [b"to %d" % number for number in range(5)]

    def test_a_reply_frees_the_pages_of_its_request(self, played: PlayedFront) -> None:
        """Once all is answered, all of the region is free."""
        store = played.store()
        senders = [played.ask(HEADER, JPEG * 2000) for _ in range(4)]
        for request in played.handed_over(store, 4):
            assert not played.front._pages.all_free
            store.reply((request.number, b"OK"))
        played.until(lambda: all(map(received, senders)), "all answers")
        assert played.front._pages.all_free

    def test_a_reply_to_nothing_is_ignored(self, played: PlayedFront) -> None:
        """A number that was answered already, or never given, harms nobody."""
        store = played.store()
        sender = played.ask(HEADER, JPEG)
        (request,) = played.handed_over(store, 1)
        store.reply((request.number, b"OK"), (request.number, b"again"), (4711, b"what?"))
        played.until(lambda: received(sender), "the answer")
        assert sender.recv() == b"OK"
        sender.send_multipart([HEADER, JPEG])
        (_, request) = played.handed_over(store, 2)
        store.reply((request.number, b"OK 2"))
        played.until(lambda: received(sender), "the second answer")
        assert sender.recv() == b"OK 2"

    def test_an_answer_for_a_sender_that_is_gone_harms_nobody(self, played: PlayedFront) -> None:
        """A camera that was unplugged while it waited leaves nothing behind."""
        store = played.store()
        gone = played.ask(HEADER, JPEG)
        played.handed_over(store, 1)
        gone.close()
        sender = played.ask(HEADER, JPEG)
        for request in played.handed_over(store, 2):
            store.reply((request.number, b"OK"))
        played.until(lambda: received(sender), "the answer")
        assert played.front._pages.all_free

    def test_large_bursts_give_their_memory_back(self, played: PlayedFront) -> None:
        """After a burst the region's pages are the system's again, and the next message is whole all the same."""
        require(hasattr(mmap, "MADV_REMOVE"), "MADV_REMOVE, which is Linux's")
        store = played.store(max_message_bytes=SHRINK_PAGES * link.PAGE * 2)
        region = os.fstat(played._region)
        sender = played.ask(HEADER, bytes(SHRINK_PAGES * link.PAGE))
        (request,) = played.handed_over(store, 1)
        assert os.fstat(played._region).st_blocks > region.st_blocks
        store.reply((request.number, b"OK"))
        played.until(lambda: received(sender), "the answer")
        played.until(lambda: os.fstat(played._region).st_blocks == 0, "the memory to be given back")
        played.ask(HEADER, JPEG)
        assert store.frames(played.handed_over(store, 2)[1]) == [HEADER, JPEG]


class TestShapes:
    """Senders of any kind are answered, whatever they send."""

    @pytest.mark.parametrize("count", [1, 3, link.MAX_FRAMES, 20, 70_000])
    def test_any_number_of_frames_is_handed_over(self, played: PlayedFront, count: int) -> None:
        """The store process learns how many there were, and gets as many as a message could need."""
        store = played.store()
        sender = played.ask(*[b"x"] * count)
        (request,) = played.handed_over(store, 1)
        assert request.frame_count == min(count, link.MOST_FRAMES_COUNTED)
        assert store.frames(request) == [b"x"] * min(count, link.MAX_FRAMES)
        store.reply((request.number, b"NOT STORED expected 2 parts"))
        played.until(lambda: received(sender), "the answer")

    @pytest.mark.parametrize("frames", [[b""], [b"", b""], [HEADER, b""], [b"", JPEG]])
    def test_empty_frames_are_handed_over(self, played: PlayedFront, frames: list[bytes]) -> None:
        """An empty part is a part."""
        store = played.store()
        played.ask(*frames)
        (request,) = played.handed_over(store, 1)
        assert (request.frame_count, store.frames(request)) == (len(frames), frames)

    @pytest.mark.parametrize(
        "envelope",
        [[], [b""], [b"one", b""], [b"one", b"two", b"three", b""]],
        ids=["no delimiter", "delimiter", "one hop", "three hops"],
    )
    def test_dealers_get_their_envelope_back(self, played: PlayedFront, envelope: list[bytes]) -> None:
        """Proxies put frames before the message; the answer has the same ones, in the same order."""
        store = played.store()
        dealer = played.sender(zmq.DEALER)
        dealer.send_multipart([*envelope, HEADER, JPEG])
        (request,) = played.handed_over(store, 1)
        assert store.frames(request) == [HEADER, JPEG]
        store.reply((request.number, b"OK"))
        played.until(lambda: received(dealer), "the answer")
        assert dealer.recv_multipart() == [*envelope, b"OK"]

    def test_a_dealer_may_have_several_requests_under_way(self, played: PlayedFront) -> None:
        """Each is answered by itself, in the order of the answers."""
        store = played.store()
        dealer = played.sender(zmq.DEALER)
        for number in range(6):
            dealer.send_multipart([b"%d" % number, b"", HEADER, JPEG])
        for request in reversed(played.handed_over(store, 6)):
            store.reply((request.number, b"OK"))
        played.turns()
        assert [dealer.recv_multipart()[0] for _ in range(6)] == [b"%d" % number for number in range(5, -1, -1)]

    def test_a_message_larger_than_allowed_is_handed_over_without_its_bytes(self, played: PlayedFront) -> None:
        """The store process learns its size, so that the sender can be told the limit; no memory is taken."""
        store = played.store(max_message_bytes=10_000)
        sender = played.ask(HEADER, bytes(10_001 - len(HEADER)))
        (request,) = played.handed_over(store, 1)
        assert (request.page, sum(request.lengths)) == (link.NO_PAYLOAD, 10_001)
        assert played.front._pages.all_free
        store.reply((request.number, b"NOT STORED too large"))
        played.until(lambda: received(sender), "the answer")
        played.ask(HEADER, bytes(10_000 - len(HEADER)))
        assert played.handed_over(store, 2)[1].page != link.NO_PAYLOAD

    def test_a_sender_that_names_itself_is_answered(self, played: PlayedFront) -> None:
        """A routing id of the sender's own, which stock senders don't set, makes no difference."""
        store = played.store()
        sender = played.ask(HEADER, JPEG, routing_id=b"Barn")
        (request,) = played.handed_over(store, 1)
        store.reply((request.number, b"OK"))
        played.until(lambda: received(sender), "the answer")


class TestRestart:
    """A store process that ends costs no sender its answer."""

    def test_requests_wait_while_nobody_stores(self, played: PlayedFront) -> None:
        """What comes while no store process is attached is answered by the next one."""
        played.store().close()
        senders = [played.ask(b"%d" % number, JPEG) for number in range(3)]
        played.until(lambda: len(played.front._held) == 3, "the requests to be kept")
        store = played.store()
        requests = played.handed_over(store, 3)
        store.reply(*((request.number, b"OK") for request in requests))
        played.until(lambda: all(map(received, senders)), "all answers")

    def test_a_new_store_process_gets_what_the_last_one_left(self, played: PlayedFront) -> None:
        """All that is not answered comes again: the same numbers, in the same order, with the same bytes."""
        first = played.store()
        senders = []
        for number in range(6):
            senders.append(played.ask(b"%d" % number, JPEG))
            played.handed_over(first, number + 1)
        first.reply((2, b"OK"), (4, b"OK"))
        played.until(lambda: received(senders[1]) and received(senders[3]), "two answers")
        first.close()
        second = played.store()
        requests = played.handed_over(second, 4)
        assert [request.number for request in requests] == [1, 3, 5, 6]
        assert [second.frames(request)[0] for request in requests] == [b"0", b"2", b"4", b"5"]
        assert second.hello["epoch"] == first.hello["epoch"]

    def test_a_reply_of_the_last_store_process_counts(self, played: PlayedFront) -> None:
        """What it had answered before it ended is not stored again."""
        first = played.store()
        sender = played.ask(HEADER, JPEG)
        (request,) = played.handed_over(first, 1)
        first.reply((request.number, b"OK"))
        first.close()
        played.until(lambda: received(sender), "the answer")
        second = played.store()
        played.turns()
        assert second.numbers == []

    def test_half_a_reply_counts_for_nothing(self, played: PlayedFront) -> None:
        """A store process that dies while it answers leaves its request to the next one."""
        first = played.store()
        played.ask(HEADER, JPEG)
        (request,) = played.handed_over(first, 1)
        record = link.pack_reply(link.Reply(request.number, b"OK"))
        first.connection._stream.sendall(link._FRAME.pack(link.REPLIES, len(record)) + record[:-1])
        first.close()
        played.turns()
        second = played.store()
        assert played.handed_over(second, 1)[0].number == request.number

    def test_the_latest_store_process_is_the_one(self, played: PlayedFront) -> None:
        """One that attaches while another is there takes over, and the other is told by the end of its link."""
        first = played.store()
        second = played.store()
        with pytest.raises(LinkError):
            first.hear()
        played.ask(HEADER, JPEG)
        assert played.handed_over(second, 1)

    def test_nothing_is_handed_over_before_it_is_asked_for(self, played: PlayedFront) -> None:
        """A store process that still recovers gets no request; when it listens it gets each one once."""
        played.store().close()
        played.ask(b"before", JPEG)
        played.until(lambda: len(played.front._held) == 1, "the first request to be kept")
        second = played.attach()
        played.ask(b"meanwhile", JPEG)
        played.until(lambda: len(played.front._held) == 2, "the second request to be kept")
        assert second.numbers == []
        played.open_door(second)
        assert [second.frames(request)[0] for request in played.handed_over(second, 2)] == [b"before", b"meanwhile"]
        played.turns()
        assert len(second.numbers) == 2

    def test_a_reload_hands_nothing_over_again(self, played: PlayedFront) -> None:
        """A store process that asks for another door has its requests already."""
        store = played.store()
        played.ask(HEADER, JPEG)
        played.handed_over(store, 1)
        for queuemax in range(1, 2 * MOST_HAND_OVERS):
            played.open_door(store, queuemax=queuemax)
        assert store.numbers == [1]

    def test_a_message_that_ends_store_processes_is_given_up(self, played: PlayedFront) -> None:
        """After so many that ended with it its sender is told; the others' requests go on."""
        played.store().close()
        poison = played.ask(b"poison", JPEG)
        played.until(lambda: len(played.front._held) == 1, "the request to be kept")
        for _ in range(MOST_HAND_OVERS - 1):
            store = played.store()
            played.handed_over(store, 1)
            store.close()
            played.turns()
        good = played.ask(b"good", JPEG)
        played.until(lambda: len(played.front._held) == 2, "the second request to be kept")
        store = played.store()
        played.until(lambda: received(poison), "the answer to the first")
        assert poison.recv() == HOPELESS
        (request,) = played.handed_over(store, 1)
        assert store.frames(request)[0] == b"good"
        assert not received(good)

    def test_a_store_process_that_is_gone_before_its_greeting_is_no_fault(self, played: PlayedFront) -> None:
        """The front waits for the next one."""
        ours, theirs = socket.socketpair()
        theirs.close()
        played.front.attach(ours)
        store = played.store()
        played.ask(HEADER, JPEG)
        assert played.handed_over(store, 1)
        ours.close()

    def test_a_store_process_that_ends_between_two_of_its_frames_is_no_fault(self, played: PlayedFront) -> None:
        """A reply makes room for a request that it is not there to take, and behind the reply it asked to listen."""
        store = played.store(max_message_bytes=1 << 16)
        played.front._pages = link.Pages(16)
        played.ask(bytes(1 << 16))
        (request,) = played.handed_over(store, 1)
        played.ask(bytes(1 << 16))
        played.until(lambda: played.front._waiting is not None, "a message to wait for room")
        store.reply((request.number, b"OK"))
        store.listen()
        store.close()
        played.turns()
        assert len(played.front._held) == 1


class TestLimits:
    """Memory is bounded: where there is no room the front stops reading, and goes on afterwards."""

    def test_reading_stops_at_queuemax_and_goes_on(self, played: PlayedFront) -> None:
        """No more requests are taken than may wait; with each answer the next one is."""
        store = played.store(queuemax=3)
        senders = [played.ask(b"%d" % number, JPEG) for number in range(8)]
        played.handed_over(store, 3)
        played.turns()
        assert len(store.numbers) == 3
        for number in range(1, 9):
            store.reply((number, b"OK"))
            played.handed_over(store, min(8, number + 3))
        played.until(lambda: all(map(received, senders)), "all answers")

    def test_reading_stops_when_the_region_is_full_and_goes_on(self, played: PlayedFront) -> None:
        """A message that finds no room waits, and what comes after it too: the order is kept."""
        store = played.store(max_message_bytes=8 * link.PAGE)
        played.front._pages = link.Pages(8)
        senders = []
        for size in (3, 3, 4, 1):
            senders.append(played.ask(b"x" * size * link.PAGE))
            played.turns()
        assert store.numbers == [1, 2]
        store.reply((1, b"OK"))
        played.turns()
        assert store.numbers == [1, 2]
        store.reply((2, b"OK"))
        requests = played.handed_over(store, 4)
        assert [sum(request.lengths) // link.PAGE for request in requests] == [3, 3, 4, 1]
        store.reply((3, b"OK"), (4, b"OK"))
        played.until(lambda: all(map(received, senders)), "all answers")
        assert played.front._pages.all_free

    def test_a_lower_queuemax_holds_at_once(self, played: PlayedFront) -> None:
        """After the reload nothing is taken until fewer requests wait than may."""
        store = played.store()
        for _ in range(4):
            played.ask(HEADER, JPEG)
        played.handed_over(store, 4)
        played.open_door(store, queuemax=2)
        played.ask(HEADER, JPEG)
        store.reply((1, b"OK"), (2, b"OK"))
        played.turns()
        assert len(store.numbers) == 4
        store.reply((3, b"OK"))
        played.handed_over(store, 5)

    def test_a_higher_queuemax_holds_at_once(self, played: PlayedFront) -> None:
        """After the reload those that waited are taken."""
        store = played.store(queuemax=1)
        for _ in range(4):
            played.ask(HEADER, JPEG)
        played.handed_over(store, 1)
        played.open_door(store, queuemax=3)
        played.handed_over(store, 3)


class TestStop:
    """A front that stops on purpose leaves no sender waiting."""

    def test_held_requests_are_answered(self, played: PlayedFront) -> None:
        """A stock sender would hang for good; it gets an answer that is no OK."""
        store = played.store()
        senders = [played.ask(HEADER, JPEG) for _ in range(3)]
        played.handed_over(store, 3)
        played.close()
        assert [sender.recv() for sender in senders] == [STOPPED] * 3

    def test_requests_that_were_not_taken_in_are_answered(self, played: PlayedFront) -> None:
        """A request that waited for room, and those that were not even read, are no different to their senders."""
        store = played.store(max_message_bytes=8 * link.PAGE, queuemax=2)
        played.front._pages = link.Pages(8)
        senders = []
        for size in (6, 4, 1, 1):
            senders.append(played.ask(b"x" * size * link.PAGE))
            played.turns()
        assert store.numbers == [1]
        played.close()
        for sender in senders:
            sender.rcvtimeo = 2000
        assert [sender.recv() for sender in senders] == [STOPPED] * 4

    def test_a_front_that_never_listened_can_stop(self, played: PlayedFront) -> None:
        """Stopping before the first store process has said anything is no fault."""
        played.close()


class TestDoors:
    """The store process says where to listen, and may say it anew."""

    def test_the_answer_tells_where_senders_connect(self, played: PlayedFront) -> None:
        """The endpoint is the one that was bound."""
        store = played.store()
        (answer,) = store.listening
        assert answer == {"endpoint": played.front.endpoint, "error": None}
        assert answer["endpoint"].startswith("tcp://127.0.0.1:")

    def test_before_a_store_process_says_so_there_is_no_port(self, played: PlayedFront) -> None:
        """A front by itself has no endpoint and takes nothing."""
        played.attach()
        played.turns()
        assert played.front.endpoint == ""

    def test_a_port_that_is_taken_is_told(self, played: PlayedFront) -> None:
        """The answer says why, and the next try may succeed."""
        _, taken = played.sockets.bind(zmq.REP)
        store = played.attach()
        assert played.open_door(store, endpoint=taken)["error"].startswith("Address already in use")
        assert played.open_door(store)["error"] is None
        played.ask(HEADER, JPEG)
        played.handed_over(store, 1)

    def test_connections_outlast_a_door_that_changes_only_who_may_come(self, played: PlayedFront) -> None:
        """A reload with other limits and lists ends no connection: a sender's next request comes at once."""
        store = played.store()
        sender = played.ask(b"0", JPEG, reconnect_ivl=-1)
        played.handed_over(store, 1)
        changes: list[dict[str, Any]] = [{"queuemax": 7}, {"addresses": ["127.0.0.0/8"]}, {"max_message_bytes": 9999}]
        for number, change in enumerate(changes, 1):
            played.open_door(store, **change)
            store.reply((number, b"OK"))
            played.until(lambda: received(sender), "the answer")
            sender.recv()
            sender.send_multipart([b"%d" % number, JPEG])
            played.handed_over(store, number + 1)

    def test_connections_outlast_a_door_at_another_port(self, played: PlayedFront) -> None:
        """A sender that is connected to the port of before is answered, and may go on; new ones find the new port."""
        store = played.store()
        old_endpoint = played.front.endpoint
        sender = played.ask(HEADER, JPEG, reconnect_ivl=-1)
        played.handed_over(store, 1)
        free = f"tcp://127.0.0.1:{free_port()}"
        assert played.open_door(store, endpoint=free) == {"endpoint": free, "error": None}
        assert free != old_endpoint
        store.reply((1, b"OK"))
        played.until(lambda: received(sender), "the answer over the old connection")
        sender.recv()
        sender.send_multipart([b"again", JPEG])
        played.handed_over(store, 2)
        played.ask(b"new", JPEG)
        assert store.frames(played.handed_over(store, 3)[2])[0] == b"new"

    def test_a_door_that_cannot_be_opened_leaves_the_one_before(self, played: PlayedFront) -> None:
        """A reload with an address that this machine has not is told; senders connect where they did before."""
        store = played.store()
        before = played.front.endpoint
        port = before.rpartition(":")[2]
        for _ in range(2):
            answer = played.open_door(store, endpoint=f"tcp://192.0.2.77:{port}")
            assert answer["error"] is not None
        assert played.front.endpoint == before
        played.ask(HEADER, JPEG, endpoint=before)
        played.handed_over(store, 1)
        played.open_door(store, endpoint=before)
        played.ask(HEADER, JPEG, endpoint=before)
        played.handed_over(store, 2)


class TestAdmission:
    """Who is not admitted gets nothing in, and no answer."""

    def keep_out(self, played: PlayedFront, *senders: zmq.Socket[bytes]) -> None:
        """See for a while that nothing of theirs comes in, and that nobody answers them."""
        for sender in senders:
            sender.send_multipart([b"intruder", JPEG])
        for _ in range(20):
            played.turns()
            assert played.front._held == {}
            assert not any(sender.poll(10) for sender in senders)

    def test_only_listed_addresses_are_let_in(self, played: PlayedFront) -> None:
        """A network in CIDR or a single address is let in, every other address is not."""
        store = played.store(addresses=["127.0.0.16/30", "127.0.0.99"])
        port = played.front.endpoint.rpartition(":")[2]

        def sender(source: str) -> zmq.Socket[bytes]:
            return played.sender(endpoint=f"tcp://{source}:0;127.0.0.1:{port}", handshake_ivl=300)

        self.keep_out(played, sender("127.0.0.1"), sender("127.0.0.20"), sender("127.0.0.98"))
        for number, source in enumerate(("127.0.0.17", "127.0.0.99"), 1):
            sender(source).send_multipart([HEADER, JPEG])
            assert played.handed_over(store, number)[-1].peer == source

    def test_an_address_counts_as_itself_over_ipv6(self, played: PlayedFront) -> None:
        """Bound to `::`, IPv4 senders come as ::ffff:a.b.c.d, and are listed as a.b.c.d."""
        require(has_ipv6(), "IPv6 on loopback")
        store = played.store(endpoint="tcp://[::]:*", addresses=["127.0.0.1"])
        port = played.front.endpoint.rpartition(":")[2]
        self.keep_out(played, played.sender(endpoint=f"tcp://[::1]:{port}", handshake_ivl=300))
        played.ask(HEADER, JPEG, endpoint=f"tcp://127.0.0.1:{port}")
        played.handed_over(store, 1)
        played.open_door(store, endpoint="tcp://[::]:*", addresses=["::1/128"])
        played.ask(HEADER, JPEG, endpoint=f"tcp://[::1]:{port}")
        played.handed_over(store, 2)

    def test_with_curve_only_listed_keys_are_let_in(self, played: PlayedFront) -> None:
        """A sender with a listed key is answered; one with another key, and one without any, get nothing in."""
        hub, barn, stranger = (zmq.curve_keypair() for _ in range(3))
        store = played.store(curve=curve(hub, {barn[0]: "Barn"}))
        self.keep_out(played, played.sender(**keys(hub, stranger), handshake_ivl=300), played.sender(handshake_ivl=300))
        sender = played.ask(HEADER, JPEG, **keys(hub, barn))
        (request,) = played.handed_over(store, 1)
        assert store.frames(request) == [HEADER, JPEG]
        store.reply((request.number, b"OK"))
        played.until(lambda: received(sender), "the answer")

    def test_a_key_is_needed_as_well_as_an_address(self, played: PlayedFront) -> None:
        """A listed key from an address that is not listed is kept out."""
        hub, barn = zmq.curve_keypair(), zmq.curve_keypair()
        played.store(curve=curve(hub, {barn[0]: "Barn"}), addresses=["127.0.0.99"])
        self.keep_out(played, played.sender(**keys(hub, barn), handshake_ivl=300))

    def test_curve_can_be_turned_on_and_off(self, played: PlayedFront) -> None:
        """After the reload the port takes only the other kind of sender; those without keys are cut off at once."""
        hub, barn = zmq.curve_keypair(), zmq.curve_keypair()
        store = played.store()
        endpoint = played.front.endpoint
        played.ask(HEADER, JPEG)
        played.handed_over(store, 1)
        store.reply((1, b"OK"))
        played.turns()
        played.open_door(store, endpoint=endpoint, curve=curve(hub, {barn[0]: "Barn"}))
        self.keep_out(played, played.sender(handshake_ivl=300))
        played.ask(HEADER, JPEG, **keys(hub, barn))
        played.handed_over(store, 2)
        played.open_door(store, endpoint=endpoint)
        played.ask(HEADER, JPEG)
        played.handed_over(store, 3)

    def test_a_key_can_be_added_without_a_new_port(self, played: PlayedFront) -> None:
        """After the reload a sender that was kept out is let in, and those that are in stay."""
        hub, barn, gate = (zmq.curve_keypair() for _ in range(3))
        store = played.store(curve=curve(hub, {barn[0]: "Barn"}))
        played.ask(HEADER, JPEG, **keys(hub, barn), reconnect_ivl=-1)
        played.handed_over(store, 1)
        played.ask(HEADER, JPEG, **keys(hub, gate), handshake_ivl=300)
        played.turns()
        assert store.numbers == [1]
        played.open_door(store, curve=curve(hub, {barn[0]: "Barn", gate[0]: "Gate"}))
        played.handed_over(store, 2)


Pair = tuple[bytes, bytes]


def curve(hub: Pair, admitted: dict[bytes, str]) -> dict[str, object]:
    """Return the keys of a door."""
    names = {key.decode(): name for key, name in admitted.items()}
    return {"public": hub[0].decode(), "secret": hub[1].decode(), "admitted": names}


def keys(hub: Pair, own: Pair) -> dict[str, Any]:
    """Return the options of a sender with keys."""
    return {"curve_serverkey": hub[0], "curve_publickey": own[0], "curve_secretkey": own[1]}


class TestWaking:
    """Senders that wait in vain are told; those whose request is only not read yet are not."""

    def test_a_sender_whose_request_is_not_read_yet_is_not_told_that_it_is_lost(
        self, played: PlayedFront, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """While the queue is full the front reads nothing, so a new connection that seems quiet may have asked."""
        monkeypatch.setattr(front, "REQUESTS_A_TURN", 1)
        monkeypatch.setattr("imagehub.waking.QUIET_SECONDS", 0.05)
        store = played.store(queuemax=1)
        senders = [played.ask(HEADER, JPEG) for _ in range(3)]
        played.handed_over(store, 1)
        played.until(lambda: not played.front._waker._quiet or len(played.front._waker._quiet) == 2, "all connections")
        played.turns(100)
        assert not any(map(received, senders))
        for number in (1, 2, 3):
            store.reply((number, b"OK"))
            played.handed_over(store, min(3, number + 1))
        played.until(lambda: all(map(received, senders)), "all answers")
        assert [sender.recv() for sender in senders] == [b"OK"] * 3
