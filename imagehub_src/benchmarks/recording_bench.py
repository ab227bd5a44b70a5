"""What recording costs: milliseconds of one processor a frame, and how many cameras a machine records at once.

    python benchmarks/recording_bench.py [--cameras 12] [--seconds 10]

Each camera is a process of its own with painted pictures, as an agent has it; what painting them costs is counted too
where it says "with the camera".
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from imagehub.colony.recording.h264 import Encoder
from imagehub.colony.recording.plan import Plan
from imagehub.colony.recording.recorder import Recorder, Surroundings
from imagehub.node.cameras import opening, painted
from imagehub.node.cameras.camera import Mode

SIZES = ((320, 240), (640, 480))
FRAMERATE = 30.0
FRAMES = 200
LEAD_NS = 5_000_000_000
AS_AGENT = "as-agent"


def encoding(resolution: tuple[int, int]) -> tuple[str, float, float]:
    """Return the preset, milliseconds of a processor and bytes a frame of encoding alone."""
    encoder = Encoder(resolution, FRAMERATE)
    pictures = [painted.paint(number, 0, resolution) for number in range(FRAMES)]
    began = time.process_time()
    size = sum(len(encoder.encode(each, round(n * 1e9 / FRAMERATE))) for n, each in enumerate(pictures))
    return encoder.preset, (time.process_time() - began) * 1000 / FRAMES, size / FRAMES


def agent(folder: Path, number: int, start_ns: int, seconds: float) -> None:
    """Record as one agent of several, and print what it came to as JSON."""
    mode = Mode(SIZES[0], FRAMERATE)
    plan = Plan(f"cam{number}", "bench", "", "", mode, max_seconds=seconds, ttl_in_pin=-1, ttl_out_pin=-1)
    recorder = Recorder(opening.camera(f"synthetic:seed={number}"), plan, folder, world=Surroundings(clock_state=dict))
    recorder.arm()
    began = time.process_time()
    recorder.start(start_ns)
    while not recorder.ended:
        time.sleep(0.05)
    done = recorder.stop().progress
    used = time.process_time() - began
    print(json.dumps({"frames": done.frames, "missed": done.missed, "ms": used * 1000 / max(1, done.frames)}))


def together(cameras: int, seconds: float) -> list[dict[str, float]]:
    """Return what each of so many cameras came to that record at once."""
    with TemporaryDirectory() as folder:
        start_ns = str(time.time_ns() + LEAD_NS)
        words = [sys.executable, __file__, AS_AGENT, folder]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        started = [
            subprocess.Popen([*words, str(number), start_ns, str(seconds)], stdout=subprocess.PIPE, env=environment)
            for number in range(cameras)
        ]
        return [json.loads(each.communicate()[0]) for each in started]


def main() -> None:
    """Measure, and print a line for each figure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cameras", type=int, default=12)
    options.add_argument("--seconds", type=float, default=10)
    asked = options.parse_args()
    for resolution in SIZES:
        preset, milliseconds, size = encoding(resolution)
        print(f"{resolution[0]}x{resolution[1]}: {milliseconds:.2f} ms and {size:.0f} bytes a frame, preset {preset}")
    found = together(asked.cameras, asked.seconds)
    frames, missed = sum(each["frames"] for each in found), sum(each["missed"] for each in found)
    milliseconds = sum(each["ms"] for each in found) / len(found)
    width, height = SIZES[0]
    print(f"{asked.cameras} cameras of {width}x{height} at {FRAMERATE:g} a second: {frames} frames recorded,", end=" ")
    print(f"{missed} missed, {milliseconds:.2f} ms a frame with the camera, {os.cpu_count()} processors")


if __name__ == "__main__":
    if sys.argv[1:2] == [AS_AGENT]:
        agent(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
    else:
        main()
