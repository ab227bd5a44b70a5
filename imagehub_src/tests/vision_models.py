"""Real models for tests, installed once."""

import os
import subprocess
import sys
from pathlib import Path

from requirements_here import require

FOLDER = Path(__file__).parent / ".cache" / "models"


def installed_models() -> Path:
    """Return a folder with all models installed; the test is skipped where they can't be, and fails where CI=true."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    settings = FOLDER / "librarian.yaml"
    settings.write_text(f"vision:\n  models_directory: {FOLDER}\n")
    words = [sys.executable, "-m", "imagehub.librarian", "models", "install", "-p", str(settings)]
    done = subprocess.run(
        words,
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    require(done.returncode == 0, f"models: {done.stderr[-500:]}")
    return FOLDER
