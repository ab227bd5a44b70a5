"""`imagehub-librarian retention`: what a user reads, and what then happens."""

from pathlib import Path

import pytest
import yaml

from imagehub.librarian import cli
from kept import SIZE, Kept


@pytest.fixture
def folder(kept: Kept, tmp_path: Path) -> Path:
    """A librarian's folder with settings for that hub."""
    section = {"hub_directory": "hub", "database": f"sqlite:///{tmp_path / 'catalog.sqlite'}"}
    text = yaml.safe_dump({"librarian": section, "retention": {"min_free_bytes": 0}})
    (tmp_path / "librarian.yaml").write_text(text)
    assert kept.stored()
    return tmp_path


def test_a_dry_run_says_what_the_run_then_does(
    kept: Kept, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line for each camera and reason, a sum, and the disk's forecast; nothing goes."""
    monkeypatch.setenv("COLUMNS", "120")
    kept.policy("Barn P1", size=8 * SIZE)
    assert cli.main(["retention", "--dry-run", "--path", str(folder)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].split() == ["CAMERA", "DAYS", "IMAGES", "SIZE", "WHY"]
    assert told[1].split() == [
        *("Barn", "P1", "2026-11-16", "to", "2026-11-17", "4", str(4 * SIZE), "B"), *f"more than {8 * SIZE} B".split()
    ]  # fmt: skip
    assert told[3] == f"4 images, {4 * SIZE} B: would be deleted"
    assert told[4].startswith("disk: ")
    assert told[5].startswith("full ")
    assert len(kept.stored()) == 18
    assert cli.main(["retention", "--path", str(folder)]) == 0
    assert "deleted 4" in capsys.readouterr().err
    assert len(kept.stored()) == 14
    kept.assert_whole()


def test_without_policies_nothing_would_go(kept: Kept, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the forecast is there."""
    assert cli.main(["retention", "--dry-run", "--path", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "nothing would be deleted"
    assert len(kept.stored()) == 18
