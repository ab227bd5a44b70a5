"""Every command tells what went wrong, and ends with the code for it."""

import subprocess
import sys

import pytest

from imagehub.errors import ImagehubError, SettingsError
from imagehub.terminal.exits import guarded


def test_what_a_command_returns_is_its_exit_code() -> None:
    """Also where it is none of the usual ones."""
    assert guarded("imagenode", lambda: 3) == 3


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (SettingsError(["a.yaml:1: x", "a.yaml:2: y"]), 2, "imagenode: a.yaml:1: x\nimagenode: a.yaml:2: y\n"),
        (ImagehubError("no hub answers"), 1, "imagenode: no hub answers\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_faults_are_told_under_the_commands_name(
    error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each in a line, and without a traceback."""

    def fail() -> int:
        raise error

    assert guarded("imagenode", fail) == code
    assert capsys.readouterr().err == said


def test_a_reader_that_has_seen_enough_is_no_fault() -> None:
    """As with `imagenode status | head -1`: nothing is said about it."""
    code = "from imagehub.terminal.exits import guarded; guarded('x', lambda: print('y\\n' * 1_000_000) or 0)"
    words = f'{sys.executable} -c "{code}" | head -1'
    done = subprocess.run(["sh", "-c", words], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("y\n", "")
