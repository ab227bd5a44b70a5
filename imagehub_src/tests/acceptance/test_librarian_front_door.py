"""A person is at the front door: from a fresh installation, by one rule, within seconds."""

import json
from pathlib import Path

from front_doors import front_door
from media import picture as nobody
from pictures_of import picture
from vision_models import installed_models

WITHIN_SECONDS = 3.0


def test_a_person_at_the_front_door_is_told_once(tmp_path: Path) -> None:
    """A stock sender at five images a second; the one notification comes within three seconds of the first `OK`."""
    models, somebody, empty = installed_models(), picture("person").read_bytes(), nobody(width=640, height=424)
    with front_door(tmp_path, models, empty) as door:
        door.sees([empty] * 5)
        before = len(door.sent)
        assert door.hook.posts == []
        door.sees([somebody] * 25)
        door.wait_told()
        door.settled()
        assert door.told is not None
        assert door.told - door.sent[before] < WITHIN_SECONDS
        (post,) = door.hook.posts
        said = json.loads(post[2])
        assert "person at Door front (0." in said["text"]
        assert door.site.output().count("ERROR") == 0
