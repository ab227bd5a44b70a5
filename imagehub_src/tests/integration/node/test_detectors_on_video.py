"""Detectors on a real scene: people who walk past parked cars."""

from typing import Any

import numpy as np
import pytest

import node_golden
import pictures_of
from node_scenes import film

CASES = [case for case in node_golden.cases() if case["scene"] == "vtest.avi"]


@pytest.fixture(scope="module")
def walk() -> list[np.ndarray]:
    """Return the pictures of the video."""
    return list(film(str(pictures_of.vtest()), CASES[0]["images"]))


@pytest.mark.parametrize("case", CASES, ids=node_golden.name)
def test_states_change_where_imagenodes_do(case: dict[str, Any], walk: list[np.ndarray]) -> None:
    """What imagenode saw in this video is seen at the same images."""
    assert node_golden.changes(node_golden.settings(case), walk) == case["changes"]
