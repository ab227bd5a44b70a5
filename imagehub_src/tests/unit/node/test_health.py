"""What a node tells of its machine."""

import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from imagehub.librarian import readings
from imagehub.node.health import System, heartbeat_text, restart_text
from imagehub.wire import EventMessage, Heartbeat, parse

HUB = "tcp://127.0.0.1:5555"


def machine(root: Path, **files: str) -> System:
    """Return a Linux machine with these files, whose names have `__` for `/`."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("os_release", "os-release").replace("device_tree", "device-tree")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return System(HUB, root, "Linux", "barn-pi")


def test_a_start_is_told_with_machine_and_address(tmp_path: Path) -> None:
    """`NAME|Restart|host|type|address|MB|hours`, as imagenode writes it; the librarian knows it for a restart."""
    system = machine(
        tmp_path,
        etc__os_release="ID=debian\n",
        proc__device_tree__model="Raspberry Pi 5 Model B Rev 1.0\0",
        proc__meminfo="MemTotal:        3884360 kB\nMemFree:         1000000 kB\n",
        proc__uptime="4521.50 9000.00\n",
    )
    text = restart_text("Barn", system=system)
    assert text == "Barn|Restart|barn-pi|RPi|127.0.0.1|3793|1.26"
    message = parse([b'{"msg": "%s"}' % text.encode(), b"body"])
    assert isinstance(message, EventMessage)
    assert readings.read(message.type, message.text).kind == "restart"


@pytest.mark.parametrize(
    ("release", "model", "type_"),
    [
        ("ID=raspbian\n", "", "RPi"),
        ("ID=debian\n", "Raspberry Pi 4 Model B Rev 1.4", "RPi"),
        ("ID=ubuntu\n", "", "Ubuntu"),
        ("ID=ubuntu\n", "Raspberry Pi 4 Model B Rev 1.4", "Ubuntu"),
        ("ID=debian\n", "", "Linux"),
        ("ID=debian\n", "Orange Pi 5", "Linux"),
    ],
)
def test_linux_is_told_by_its_kind(tmp_path: Path, release: str, model: str, type_: str) -> None:
    """A Raspberry Pi also by its device tree, as its Raspberry Pi OS of 64 bits calls itself Debian."""
    assert machine(tmp_path, etc__os_release=release, proc__device_tree__model=model).type() == type_


def test_other_systems_have_their_own_names(tmp_path: Path) -> None:
    """A Mac is one; a Linux that says nothing of itself is Linux."""
    kernels = ("Darwin", "FreeBSD", "Linux", "")
    assert [System(root=tmp_path, kernel=kernel).type() for kernel in kernels] == ["Mac", "FreeBSD", "Linux", "unknown"]


def test_the_address_is_that_of_the_way_to_the_hub() -> None:
    """Whatever networks there are; a way that does not exist here is passed over."""
    assert System(HUB).address() == "127.0.0.1"

    def two_ways(host: str, port: int, **_: Any) -> list[Any]:
        assert (host, port) == ("datasink.lan", 5555)
        nowhere = (socket.AF_INET, socket.SOCK_DGRAM, 0, "", ("not an address", 5555))
        return [nowhere, (socket.AF_INET, socket.SOCK_DGRAM, 0, "", ("127.0.0.1", 5555))]

    assert System("tcp://datasink.lan:5555", resolve=two_ways).address() == "127.0.0.1"


def test_the_address_is_unknown_without_a_way() -> None:
    """No hub, no such host, or no endpoint at all: a node starts without a network."""

    def no_name(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    hubs = ("", "tcp://nowhere.lan:5555", "tcp://datasink:port", "ipc://here")
    assert [System(hub, resolve=no_name).address() for hub in hubs] == ["unknown"] * 4


def test_this_machine_tells_itself() -> None:
    """The real files, or the operating system where there are none."""
    system = System(HUB)
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**2
    assert system.memory_mb() == pytest.approx(total, abs=2)
    assert system.hours() == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME) / 3600, abs=0.02)
    assert system.host == socket.gethostname()


def test_without_proc_the_system_is_asked(tmp_path: Path) -> None:
    """As on macOS."""
    bare = System(root=tmp_path)
    assert bare.memory_mb() == pytest.approx(System().memory_mb(), abs=2)
    assert bare.hours() == pytest.approx(time.monotonic() / 3600, abs=0.02)


def test_a_heartbeat_is_one_to_the_hub() -> None:
    """It is answered, and not logged."""
    assert heartbeat_text("Barn") == "Barn|Heartbeat"
    assert isinstance(parse([b'{"msg": "Barn|Heartbeat"}', b"body"]), Heartbeat)
