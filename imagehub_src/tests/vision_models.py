"""Real models for tests, installed once."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from requirements_here import require

FOLDER = Path(__file__).parent / ".cache" / "models"


@cache
def installed_models() -> Path:
    """Return a folder with all models installed; the test is skipped where they can't be, and fails where CI=true."""
    done = models("install", FOLDER)
    require(done.returncode == 0, f"models: {done.stderr[-500:]}")
    return FOLDER


def models(verb: str, folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run `imagehub-librarian models` where models are in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "librarian.yaml").write_text(f"vision:\n  models_directory: {folder}\n")
    return subprocess.run(
        [sys.executable, "-m", "imagehub.librarian", "models", verb, "-p", str(folder), *words],
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
