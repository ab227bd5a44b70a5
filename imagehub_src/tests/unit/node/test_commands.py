"""Commands in hubs' replies are read, wrong ones say why, and other people's words are none."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagehub.node import commands
from imagehub.node.commands import Command, CommandError, ReloadYaml, SendFrames, SetResolution


@pytest.mark.parametrize(
    ("reply", "command"),
    [
        ("SendFrames 10", SendFrames(10)),
        ("sendframes 3 Front Door", SendFrames(3, "Front Door")),
        ("SetResolution (640,480)", SetResolution((640, 480))),
        ("SetResolution (640, 480) Front Door", SetResolution((640, 480), "Front Door")),
        ("SetResolution 640,480 P1", SetResolution((640, 480), "P1")),
        (" ReloadYaml ", ReloadYaml()),
        ("OK", None),
        ("thanks", None),
        ("", None),
    ],
)
def test_commands_are_read(reply: str, command: Command | None) -> None:
    """Their names' letters may be large or small; a view may have blanks."""
    assert commands.parse(reply) == command


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("SendFrames", "expected a number of images from 1 to 10000"),
        ("SendFrames x", "expected a number of images"),
        ("SendFrames 0", "expected a number of images"),
        ("SendFrames ²", "expected a number of images"),
        ("SetResolution", "expected a width and a height"),
        ("SetResolution (640)", "expected a width and a height"),
        ("SetResolution (0,0)", "expected a width and a height"),
        ("ReloadYaml now", "nothing can follow it"),
    ],
)
def test_a_wrong_command_says_why(reply: str, why: str) -> None:
    """The node tells the hub so."""
    with pytest.raises(CommandError, match=why):
        commands.parse(reply)


@given(st.text(max_size=40), st.sampled_from(["SendFrames", "SetResolution", "ReloadYaml", ""]))
def test_no_reply_is_too_odd(rest: str, name: str) -> None:
    """It is a command, a wrong one, or none."""
    with suppress(CommandError):
        commands.parse(f"{name} {rest}")
