"""The files of images that a worker looks at, and of those that came before from the same camera."""

from collections import OrderedDict
from pathlib import Path

from sqlalchemy import Connection, select

from imagehub.images import FOLDER
from imagehub.librarian.files import NoSuchImageError, open_image
from imagehub.librarian.schema import images
from imagehub.librarian.vision.seeing import ImageRow, PictureError

BEFORE = 2
BEFORE_US = 3600 * 1_000_000
KEPT_BYTES = 32 << 20
# A JPEG of the largest picture that is looked at is far smaller.
MAX_BYTES = 256 << 20


class Pictures:
    """Reads images below a hub's data directory, and keeps the last ones in memory: each is needed a few times."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def there(self) -> bool:
        """Tell whether the folder of images is there: it is not while its disk is not mounted."""
        return (self._root / FOLDER).is_dir()

    def read(self, path: str) -> bytes:
        """Return the file of an image.

        Raises:
            NoSuchImageError: there is none.
            PictureError: it is larger than any picture.
            OSError: it can't be read.
        """
        if path in self._kept:
            self._kept.move_to_end(path)
            return self._kept[path]
        with open_image(self._root, path) as file:
            jpeg = file.read(MAX_BYTES + 1)
        if len(jpeg) > MAX_BYTES:
            raise PictureError(f"{path}: more than {MAX_BYTES} bytes")
        self._keep(path, jpeg)
        return jpeg

    def before(self, connection: Connection, image: ImageRow) -> list[bytes]:
        """Return the files of the camera's images just before one, the newest first; those that are gone are left out.

        Raises:
            OSError: one can't be read.
        """
        ours = (images.c.camera_id == image.camera_id) & (images.c.state == "stored")
        near = (images.c.time_us < image.time_us) & (images.c.time_us >= image.time_us - BEFORE_US)
        latest = select(images.c.path).where(ours, near).order_by(images.c.time_us.desc()).limit(BEFORE)
        return [jpeg for path in connection.execute(latest).scalars() if (jpeg := self._readable(path))]

    def _readable(self, path: str) -> bytes:
        try:
            return self.read(path)
        except (NoSuchImageError, PictureError):
            return b""

    def _keep(self, path: str, jpeg: bytes) -> None:
        self._kept[path] = jpeg
        self._bytes += len(jpeg)
        while self._bytes > KEPT_BYTES:
            _, old = self._kept.popitem(last=False)
            self._bytes -= len(old)
