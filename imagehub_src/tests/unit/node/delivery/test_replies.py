"""What becomes of a message, by the hub's reply."""

import re
from pathlib import Path

import pytest

from imagehub.node.delivery import replies
from imagehub.node.delivery.replies import Meaning

DOCUMENTED = Path(__file__).parents[5] / "docs" / "ref" / "replies.md"


@pytest.mark.parametrize(
    ("reply", "meaning"),
    [
        ("OK", Meaning.STORED),
        ("", Meaning.STORED),
        ("SendFrames 10", Meaning.COMMAND),
        ("NOT STORED disk full", Meaning.LATER),
        ("NOT STORED disk full or read-only", Meaning.LATER),
        ("NOT STORED disk error: Input/output error", Meaning.LATER),
        ("NOT STORED daily limit", Meaning.LATER),
        ("NOT STORED hub stopped", Meaning.LATER),
        ("NOT STORED connection lost", Meaning.LATER),
        ("NOT STORED the image is not a JPEG (it does not begin with FF D8)", Meaning.NEVER),
        ("NOT STORED the message has 5 bytes, more than max_message_bytes 4", Meaning.NEVER),
        ("NOT STORED the hub failed on this message again and again", Meaning.NEVER),
        ("NOT STORED", Meaning.NEVER),
    ],
)
def test_a_reply_has_one_meaning(reply: str, meaning: Meaning) -> None:
    """What is the hub's trouble passes; what is wrong with the message stays wrong."""
    assert replies.meaning(reply) is meaning


def test_every_passing_reason_is_one_that_a_hub_gives() -> None:
    """The reference of the hub's replies has them all."""
    documented = re.findall(r"`NOT STORED ([^`]+)`", DOCUMENTED.read_text())
    passing = [reason for reason in documented if reason.startswith(replies.PASSING)]
    assert len(passing) == 6
    assert all(any(reason.startswith(start) for reason in documented) for start in replies.PASSING)
