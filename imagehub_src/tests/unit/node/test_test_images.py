"""Small images that show a word or a number."""

import numpy as np

from imagehub.node.test_images import state_image


def test_words_are_white_on_black() -> None:
    """50 rows and 200 columns of grey, as imagenode's viewers expect them."""
    image = state_image("moving")
    assert image.shape == (50, 200)
    assert (image.dtype, image.max()) == (np.dtype(np.uint8), 255)
    assert not image[:, :8].any()
    assert (image != state_image("still")).any()


def test_no_words_are_black() -> None:
    """Nothing to show is shown as nothing."""
    assert not state_image("").any()
