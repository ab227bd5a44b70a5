"""The labels of COCO, and files of labels."""

from pathlib import Path

from imagehub.errors import ImagehubError

# By the numbers of COCO's categories, from 1 on; an empty one is a number that was never used.
COCO = tuple(
    "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,,stop sign,parking meter,"
    "bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,,backpack,umbrella,,,handbag,tie,suitcase,frisbee,"
    "skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,,wine glass,"
    "cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,"
    "potted plant,bed,,dining table,,,toilet,,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,"
    "refrigerator,,book,clock,vase,scissors,teddy bear,hair drier,toothbrush".split(",")
)


def write(labels: tuple[str, ...]) -> bytes:
    """Return the content of a file with these labels."""
    return ("\n".join(labels) + "\n").encode()


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
