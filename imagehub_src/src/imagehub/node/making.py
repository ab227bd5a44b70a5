"""The real parts of a node, each imported when a node is made: `imagenode --help` shall not wait for OpenCV."""

from collections.abc import Callable
from importlib import import_module

from imagehub.errors import MissingExtraError
from imagehub.node.running import World
from imagehub.node.settings.settings import NodeSettings, RecordingSettings
from imagehub.node.view import WIDE, Tools
from imagehub.node.working import Agent, Makers, Shared
from imagehub.notify import Notifier

AGENTS = "imagehub.colony.agent.on_node"
"""Has `make(settings, shared) -> Agent`; named, because nodes know no colony."""


def world() -> World:
    """Return the surroundings of a node on this machine.

    Raises:
        MissingExtraError: what a node needs is not installed.
    """
    try:
        from imagehub.node import health
        from imagehub.node.delivery.office import Office
        from imagehub.node.delivery.publishing import Publisher
    except ImportError as error:
        raise MissingExtraError(f"a camera node ({error.name})", "node") from None
    return World(
        office=Office,
        publisher=Publisher,
        makers=makers,
        restart_text=lambda settings: health.restart_text(settings.name, health.System(settings.hubs[0])),
        heartbeat_text=health.heartbeat_text,
        notifier=Notifier(),
    )


def makers(settings: NodeSettings, publish: Callable[[str, bytes], None] | None) -> Makers:
    """Return how a node with these settings makes its parts."""
    try:
        from imagehub.node import drawing, jpeg, lamps
        from imagehub.node.bandwidth import NarrowLine
        from imagehub.node.cameras import opening, sharing
        from imagehub.node.detectors import making
        from imagehub.node.sensors import making as sensors
        from imagehub.node.sensors.loop import SensorLoop
    except ImportError as error:
        raise MissingExtraError(f"a camera node ({error.name})", "node") from None
    line = WIDE if settings.bandwidth is None else NarrowLine(settings.bandwidth)
    return Makers(
        camera=opening.camera,
        shared=sharing.SharedCamera,
        tools=Tools(making.detector, drawing.draw, jpeg.encode, line, publish),
        sensor=lambda one, name, outbox: SensorLoop(one, sensors.driver(one), name, outbox),
        lamps=lamps.Lamps,
        agent=colony_agent,
    )


def colony_agent(settings: RecordingSettings, shared: Shared) -> Agent:
    """Return the colony's agent for a camera; raise MissingExtraError where the colony is not installed."""
    try:
        made: Agent = import_module(AGENTS).make(settings, shared)
    except ImportError as error:
        raise MissingExtraError(f"recording ({error.name})", "colony") from None
    return made
