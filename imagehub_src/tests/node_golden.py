"""What imagenode's own detectors said of scenes, and the settings that ours need to be compared with them."""

import json
from ast import literal_eval
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from imagehub.node.detectors.making import detector
from imagehub.node.settings.settings import DetectorSettings, LightSettings, Look, MotionSettings

Changes = list[list[Any]]


def cases() -> list[dict[str, Any]]:
    """Return them as the golden file has them; its `made` tells how it came about."""
    found: list[dict[str, Any]] = json.loads((Path(__file__).parent / "golden" / "node_detectors.json").read_text())[
        "cases"
    ]
    return found


def name(case: dict[str, Any]) -> str:
    """Say which case it is."""
    given = " ".join(f"{key}={value}" for key, value in case["settings"].items())
    return " ".join([case["scene"], str(case.get("seed", "")), case["detector"], given or "defaults"])


def settings(case: dict[str, Any]) -> DetectorSettings:
    """Return the settings of a case, which are written as in an imagenode.yaml."""
    given = dict(case["settings"])
    look = Look(roi=literal_eval(given.pop("ROI", "(0,0),(100,100)")))
    if case["detector"] == "light":
        return LightSettings(look, **given)
    return MotionSettings(look, **given)


def changes(wanted: DetectorSettings, images: Iterable[np.ndarray]) -> Changes:
    """Return our detector's changes: the number of the image, from 0, and the state."""
    found: Changes = []
    watching = None
    for number, image in enumerate(images):
        watching = watching or detector(wanted, (image.shape[1], image.shape[0]))
        change = watching.detect(image)
        if change is not None:
            found.append([number, change.state])
    return found
