"""Raw arrays, as `send_image` sends them, made into JPEG. NumPy and OpenCV are imported for the first."""

from imagehub.errors import MissingExtraError, RefusedError
from imagehub.wire import ImageMessage


def to_jpeg(message: ImageMessage, quality: int) -> ImageMessage:
    """Return the message with its array (uint8; rows x columns, or x 1, 3 or 4 channels, BGR) as a JPEG.

    Raises:
        RefusedError: the array can't be encoded, or the hub lacks the extra `raw`.
    """
    try:
        import cv2
        import numpy as np
    except ImportError:
        raise RefusedError(str(MissingExtraError("the hub storing raw arrays", "raw"))) from None
    assert message.shape is not None
    picture = np.frombuffer(message.body, dtype=np.uint8).reshape(message.shape)
    try:
        done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    except cv2.error:
        done = False
    if not done:
        raise RefusedError("the array can't be encoded as JPEG")
    return message._replace(body=jpeg.tobytes(), shape=None)
