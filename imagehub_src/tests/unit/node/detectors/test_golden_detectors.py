"""Detectors change their state at the same images as imagenode's own."""

from functools import cache
from typing import Any

import numpy as np
import pytest

import node_golden
from node_scenes import SCENES


@cache
def _scene(name: str, seed: int, images: int) -> list[np.ndarray]:
    return list(SCENES[name](seed, images))


@pytest.mark.parametrize(
    "case", [case for case in node_golden.cases() if case["scene"] in SCENES], ids=node_golden.name
)
def test_states_change_where_imagenodes_do(case: dict[str, Any]) -> None:
    """Whoever moves a node to this one gets the same events for the same scene and settings."""
    images = _scene(case["scene"], case["seed"], case["images"])
    assert node_golden.changes(node_golden.settings(case), images) == case["changes"]
