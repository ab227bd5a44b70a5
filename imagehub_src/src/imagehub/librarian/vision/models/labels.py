"""Files of labels; `coco.txt` has those of COCO's categories by their numbers, from 1 on."""

from pathlib import Path

from imagehub.errors import ImagehubError


def read(path: Path) -> tuple[str, ...]:
    """Return the labels in a file, one a line; an empty line is a class that is never told.

    Raises:
        ImagehubError: there is no such file, or it has no label.
    """
    try:
        labels = tuple(line.strip() for line in path.read_text(encoding="utf-8").rstrip().split("\n"))
    except OSError as error:
        raise ImagehubError(f"{path}: {error.strerror}; it must hold the model's labels, one a line") from error
    except UnicodeDecodeError as error:
        raise ImagehubError(f"{path}: byte {error.start + 1} is not UTF-8; save the file as UTF-8") from error
    if not any(labels):
        raise ImagehubError(f"{path}: no label in it; write the model's labels, one a line, in the model's order")
    return labels
