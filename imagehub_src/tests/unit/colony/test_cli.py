"""The commands of the colony, and those of RPi Camera Colony under their names."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from colonies import fake_colony
from imagehub.colony import cli, former, showing
from imagehub.colony.conductor.finishing import Outcome
from imagehub.errors import ImagehubError

DATA = Path(__file__).parents[2] / "data" / "colony"


def test_check_config_says_ok_or_all_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With exit codes 0 and 2."""
    assert cli.main(["check-config", str(DATA / "bare.config")]) == 0
    assert capsys.readouterr().out == "ok\n"
    bad = tmp_path / "bad.config"
    bad.write_text("[general]\nsave_dat = 1\n[controllers]\n[[left]]\nframerate = 0\n")
    assert cli.main(["check-config", str(bad)]) == 2
    assert [line.partition(": ")[2].partition(":")[0] for line in capsys.readouterr().err.splitlines()] == [
        f"{bad}", f"{bad}",
    ]  # fmt: skip
    bad.write_text("[controllers]\n[[left]]\n")
    assert cli.main(["check-config", str(bad)]) == 2
    assert "[[left]] address: not given" in capsys.readouterr().err


def test_help_is_quick_and_needs_no_extra() -> None:
    """Nothing heavy is loaded for it."""
    code = "import sys\nfrom imagehub.colony import cli, former\ncli.parser(), former.acquisition_parser()\n"
    heavy = "print(sorted({'zmq', 'numpy', 'cv2', 'av', 'configobj', 'pandas'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code + heavy], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_status_and_stop_tell_of_all_agents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By name."""
    with fake_colony(tmp_path, "left", "right") as colony:
        path = str(colony.settings())
        assert cli.main(["status", "--config", path]) == 0
        assert capsys.readouterr().out.splitlines()[0].startswith("left: idle, 0 frames")
        assert cli.main(["stop", "--config-data-file", path]) == 0
        assert capsys.readouterr().out == "left: idle\nright: idle\n"


def test_what_went_wrong_is_one_line_and_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    """And Ctrl-C is 130."""

    def fail(args: argparse.Namespace) -> int:
        raise ImagehubError("left: no camera")

    def interrupted(args: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    assert cli.guarded("colony", argparse.Namespace(command=fail)) == 1
    assert capsys.readouterr().err == "colony: left: no camera\n"
    assert cli.guarded("colony", argparse.Namespace(command=interrupted)) == 130


@pytest.mark.parametrize(("passed", "code"), [(True, 0), (None, 0), (False, 3)])
def test_a_failed_audit_is_exit_code_3(
    passed: bool | None, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever else went well."""
    outcome = Outcome(tmp_path, passed, "AUDIT ...\n  - reasons")
    assert showing._told(outcome) == code
    assert capsys.readouterr().out == f"AUDIT ...\n  - reasons\n{tmp_path}\n"


@pytest.mark.parametrize("option", ["-c", "--config-file", "--config-data-file"])
def test_the_former_conductor_takes_its_options(option: str) -> None:
    """All that it had, in all their forms."""
    words = [option, "x.config", "-n", "m__1", "-t", "60", "--calibration", "-d"]
    args = former.conductor_parser().parse_args(words)
    found = (args.config, args.acquisition_name, args.max_acquisition_time, args.calibration, args.debug)
    assert found == (Path("x.config"), "m__1", 60, True, True)


def test_the_former_defaults_hold() -> None:
    """A name with the time in it, and two hours."""
    args = former.conductor_parser().parse_args(["-c", "x"])
    assert args.acquisition_name.startswith("_test_rcc_conductor_parser__2")
    assert (args.max_acquisition_time, args.calibration) == (7200, False)
    assert former.conductor_parser("rcc_calibration").parse_args(["-c", "x"]).calibration


def test_the_former_agent_takes_its_options() -> None:
    """Those of the network too, though nothing needs them any more."""
    words = ["-id", "left", "-p", "/data", "-n", "a", "-g", "g", "-t", "9", "-lip", "1.2.3.4", "-lport", "5"]
    words += ["-ll", "INFO", "-cip", "1.2.3.4", "-cport", "6", "-pi", "0.5", "-a"]
    words += ["-fps", "40", "-res", "640", "480", "-s", "-sip", "1.2.3.4", "-sport", "8002"]
    args = former.acquisition_parser().parse_args(words)
    assert (args.instance_name, args.data_path, args.port, args.log_level) == ("left", Path("/data"), 6, "info")
    assert (args.auto_start, args.framerate, args.resolution, args.stream_port) == (True, 40, [640, 480], 8002)
