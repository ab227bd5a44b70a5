"""All cameras of a node share one line, from their own threads."""

from imagehub.node.bandwidth import NarrowLine


def test_images_become_worse_when_they_are_too_much_and_better_when_there_is_room() -> None:
    """The camera that sends less leaves more to the others."""
    seconds = 0.0
    line = NarrowLine(100_000, lambda: seconds)
    assert line.settings_now()[1] == 1.0
    for _ in range(100):
        seconds += 0.1
        line.settings_now()
        line.sent(40_000)
    crowded = line.settings_now()
    assert crowded < (60, 1.0)
    for _ in range(600):
        seconds += 0.1
        line.settings_now()
    assert line.settings_now() > crowded
