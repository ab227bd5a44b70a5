"""The librarian's command line says in one line what is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

from imagehub.librarian import cli

WITHOUT = """
import sys
for name in {names!r}:
    sys.modules[name] = None
from imagehub.librarian import cli
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", ["run", "check", "rebuild", "retention"])
@pytest.mark.parametrize("names", [["sqlalchemy"], ["alembic"]])
def test_a_missing_extra_is_named(command: str, names: list[str], tmp_path: Path) -> None:
    """Each command tells what to install, and shows no stack."""
    (tmp_path / "librarian.yaml").write_text("librarian:")
    words = [sys.executable, "-c", WITHOUT.format(names=names), command, "--path", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "imagehub-librarian: the librarian needs an optional part: pip install 'imagehub[librarian]'\n"
    )


@pytest.mark.parametrize(
    ("driver", "url"), [("psycopg", "postgresql://a@localhost/b"), ("pymysql", "mariadb://a@localhost/b")]
)
def test_a_missing_driver_is_named(driver: str, url: str, tmp_path: Path) -> None:
    """With the extra of that database."""
    (tmp_path / "librarian.yaml").write_text(f"librarian:\n  database: {url}\n")
    words = [sys.executable, "-c", WITHOUT.format(names=[driver]), "check", "--path", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"pip install 'imagehub[{url.partition(':')[0]}]'" in done.stderr


def test_a_fault_of_the_settings_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the exit code for it."""
    (tmp_path / "librarian.yaml").write_text("librarian:\n  nonsense: 1\n")
    assert cli.main(["retention", "--path", str(tmp_path)]) == 2
    assert "librarian.yaml:2" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "retention", "rebuild"])
def test_a_hub_that_is_not_there_is_told(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line that names the directory."""
    (tmp_path / "librarian.yaml").write_text("librarian:\n  hub_directory: nowhere\n")
    assert cli.main([command, "--path", str(tmp_path)]) == 1
    assert str(tmp_path / "nowhere") in capsys.readouterr().err
