"""What arrives on the control node is refused unless it is whole and harmless, and comes in whole or not at all."""

import contextlib
import gzip
import hashlib
import importlib
import io
import random
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SYNC = Path(__file__).parents[3] / "devops" / "scripts" / "sync"
sys.path.append(str(SYNC))
receive: Any = importlib.import_module("receive")
archives: Any = importlib.import_module("receive_archive")
swaps: Any = importlib.import_module("receive_swap")
UpdateError: Any = importlib.import_module("receive_errors").UpdateError

Build = Callable[[tarfile.TarFile], None]


def archive(folder: Path, build: Build, format_: int = tarfile.PAX_FORMAT) -> Path:
    """Return an archive that a function filled."""
    path = folder / "archive.tar.gz"
    with tarfile.open(path, "w:gz", format=format_) as tar:
        build(tar)
    return path


def with_files(*names: str) -> Build:
    """Fill an archive with files."""

    def build(tar: tarfile.TarFile) -> None:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 4
            tar.addfile(member, io.BytesIO(b"new\n"))

    return build


def with_special(kind: bytes, target: str = "hub/b.py") -> Build:
    """Fill an archive with one member that is no file."""

    def build(tar: tarfile.TarFile) -> None:
        member = tarfile.TarInfo("hub/a.py")
        member.type = kind
        member.linkname = target
        tar.addfile(member)

    return build


def with_holes(tar: tarfile.TarFile) -> None:
    """Fill an archive with a file whose header calls it plain, and yet makes more of it than there is."""
    member = tarfile.TarInfo("hub/a.py")
    member.pax_headers = {"GNU.sparse.map": "0,0,4096,0", "GNU.sparse.size": "4096"}
    tar.addfile(member)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with a component `hub`."""
    code = tmp_path / "project" / "hub" / "src" / "hub"
    code.mkdir(parents=True)
    (code / "__init__.py").write_text('__version__ = "1.0"\n')
    return tmp_path / "project"


def swap_of(project: Path, name: str = "hub") -> Any:
    """Return the swap of a path of the project."""
    return swaps.Swap(name, project / name)


def content(folder: Path) -> dict[str, str]:
    """Return all files below a folder."""
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (with_files("/etc/cron.d/hub"), "is absolute"),
        (with_files("hub/../../x"), "climbs out"),
        (with_files("../hub/x"), "climbs out"),
        (with_files("hub//x"), "no clean name"),
        (with_files("./hub/x"), "no clean name"),
        (with_files("hub\\..\\x"), "no clean name"),
        (with_files("hub/\x1b[2J"), "no clean name"),
        (with_files("hubcap/x"), "outside of hub"),
        (with_files("roles/x"), "outside of hub"),
        (with_special(tarfile.SYMTYPE, "/etc/passwd"), "neither a plain file"),
        (with_special(tarfile.SYMTYPE), "neither a plain file"),
        (with_special(tarfile.LNKTYPE, "/etc/passwd"), "neither a plain file"),
        (with_special(tarfile.CHRTYPE), "neither a plain file"),
        (with_special(tarfile.BLKTYPE), "neither a plain file"),
        (with_special(tarfile.FIFOTYPE), "neither a plain file"),
        (with_special(tarfile.GNUTYPE_SPARSE), "neither a plain file"),
        (with_holes, "neither a plain file"),
        (with_files("hub/x", "hub/x"), "File exists"),
        (with_files("hub/x", "hub/x/y"), "can't be unpacked"),
        (with_files(), "nothing for hub"),
    ],
)
def test_a_hostile_archive_is_refused(project: Path, tmp_path: Path, build: Build, why: str) -> None:
    """Nothing is written outside of the staging folder, and the error names what was wrong."""
    before = content(project)
    with pytest.raises(UpdateError, match=why) as caught:
        archives.unpack(archive(tmp_path, build), [swap_of(project)])
    assert caught.value.code == 11
    swaps.remove(swap_of(project).staged)
    assert content(project) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive.tar.gz", "project"]


def test_an_archive_of_too_many_members_is_refused(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number of files is limited."""
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    with pytest.raises(UpdateError, match="more than 3 members"):
        archives.unpack(archive(tmp_path, with_files(*(f"hub/{at}" for at in range(4)))), [swap_of(project)])


def test_a_member_that_is_too_large_is_refused_unread(project: Path, tmp_path: Path) -> None:
    """Its header is enough: no byte of it need be there."""
    member = tarfile.TarInfo("hub/a.py")
    member.size = archives.MAX_MEMBER_BYTES + 1
    path = tmp_path / "archive.tar.gz"
    path.write_bytes(gzip.compress(member.tobuf()))
    with pytest.raises(UpdateError, match="more than 16,777,216 bytes"):
        archives.unpack(path, [swap_of(project)])


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_an_archive_that_swells_is_refused(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: bytes
) -> None:
    """Its unpacked size is limited, and headers that swell count too."""
    monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 1 << 20)
    member = tarfile.TarInfo("hub/a.py")
    member.type, member.size = kind, 8 << 20
    path = tmp_path / "archive.tar.gz"
    path.write_bytes(gzip.compress(member.tobuf() + bytes(8 << 20)))
    with pytest.raises(UpdateError, match="holds more than 1,048,576 bytes"):
        archives.unpack(path, [swap_of(project)])


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-9], lambda data: data[:40], lambda _: b"", lambda _: b"no gzip"]
)
def test_what_is_no_whole_archive_is_refused(project: Path, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """Bytes that are no archive, and half of one, end in an error that says so."""
    path = archive(tmp_path, with_files("hub/a.py"))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UpdateError, match=r"can't be unpacked|nothing for hub"):
        archives.unpack(path, [swap_of(project)])


def test_no_bytes_do_anything_else_than_be_unpacked_or_refused(project: Path, tmp_path: Path) -> None:
    """An archive with any of its bytes changed is unpacked or refused, and nothing else happens."""
    whole = bytearray(gzip.decompress(archive(tmp_path, with_files("hub/a.py", "hub/b/c.py")).read_bytes())[:2048])
    chance = random.Random(1)
    before = content(project)
    for _ in range(500):
        changed = whole.copy()
        changed[chance.randrange(len(changed))] = chance.randrange(256)
        path = tmp_path / "archive.tar.gz"
        path.write_bytes(gzip.compress(changed, compresslevel=1))
        with contextlib.suppress(UpdateError):
            archives.unpack(path, [swap_of(project)])
        swaps.remove(swap_of(project).staged)
    assert content(project) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive.tar.gz", "project"]


def test_modes_and_owners_of_an_archive_mean_nothing(project: Path, tmp_path: Path) -> None:
    """What is unpacked is a plain file that its owner may write, never one that gives rights."""

    def build(tar: tarfile.TarFile) -> None:
        member = tarfile.TarInfo("hub/a.py")
        member.mode, member.uid = 0o6777, 0
        tar.addfile(member)

    archives.unpack(archive(tmp_path, build), [swap_of(project)])
    assert (swap_of(project).staged / "a.py").stat().st_mode & 0o7777 == 0o644


def test_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    """The right one passes; of any other, both are named."""
    path = archive(tmp_path, with_files("hub/a.py"))
    archives.check_sum(path, hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(UpdateError, match="damaged") as caught:
        archives.check_sum(path, "0" * 64)
    assert caught.value.code == 11


def test_an_archive_that_is_not_there_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not even read."""
    with pytest.raises(UpdateError, match="no archive"):
        archives.check_sum(tmp_path / "none", "0" * 64)
    monkeypatch.setattr(archives, "MAX_ARCHIVE_BYTES", 10)
    with pytest.raises(UpdateError, match="more than 10 bytes"):
        archives.check_sum(archive(tmp_path, with_files("hub/a.py")), "0" * 64)


def test_the_new_code_comes_in_and_the_former_is_kept(project: Path, tmp_path: Path) -> None:
    """What the archive does not hold is gone from the project, and is in the former folder."""
    swap = swap_of(project)
    archives.unpack(archive(tmp_path, with_files("hub/a.py")), [swap])
    with swaps.swapped([swap]):
        assert content(project / "hub") == {"a.py": "new\n"}
    assert content(project / "hub") == {"a.py": "new\n"}
    assert content(project / ".former-hub") == {"src/hub/__init__.py": '__version__ = "1.0"\n'}


def fail_with(error: BaseException, came_in: bool) -> None:
    """Fail once the new code is in."""
    assert came_in
    raise error


@pytest.mark.parametrize("error", [OSError("disk"), KeyboardInterrupt()])
def test_whatever_fails_the_former_code_is_put_back(project: Path, tmp_path: Path, error: BaseException) -> None:
    """Several paths go back together, and one that was not there before is gone again."""
    before = content(project)
    both = [swap_of(project), swap_of(project, "extra/part")]
    archives.unpack(archive(tmp_path, with_files("hub/a.py", "extra/part/b.py")), both)
    with pytest.raises(type(error)), swaps.swapped(both):
        fail_with(error, (project / "extra" / "part" / "b.py").exists())
    for swap in both:
        swaps.remove(swap.staged)
    assert content(project) == before


def test_a_part_that_cannot_come_in_leaves_the_other_parts_as_they_were(project: Path, tmp_path: Path) -> None:
    """A rename that fails at the second of two paths undoes the first."""
    before = content(project)
    both = [swap_of(project), swap_of(project, "other")]
    archives.unpack(archive(tmp_path, with_files("hub/a.py", "other/b.py")), both)
    swaps.remove(both[1].staged)
    with pytest.raises(FileNotFoundError):
        swaps.swapped(both).__enter__()
    swaps.remove(both[0].staged)
    assert content(project) == before


def test_an_update_that_was_killed_between_two_renames_is_put_right(project: Path) -> None:
    """The next one finds the former code, puts it back and drops what was staged."""
    swap = swap_of(project)
    before = content(project)
    swap.target.rename(swap.former)
    swap.staged.mkdir()
    swap.heal()
    assert content(project) == before
    assert not swap.staged.exists()


def test_the_version_and_the_content_are_told_apart(project: Path) -> None:
    """Another content has another hash; caches and hidden files don't count."""
    swap = swap_of(project)
    first = swaps.described([swap], "hub")
    assert first.startswith("hub 1.0, content ")
    (swap.target / "__pycache__").mkdir()
    (swap.target / "__pycache__" / "x.pyc").touch()
    (swap.target / ".hidden").touch()
    assert swaps.described([swap], "hub") == first
    (swap.target / "more.py").touch()
    assert swaps.described([swap], "hub") != first
    assert swaps.described([swap_of(project, "none")], "none") == "no none"


def test_one_update_at_a_time(project: Path) -> None:
    """The second is refused, is told who is at work, and may come in afterwards."""
    with receive.one_at_a_time(project, "hub"):
        with pytest.raises(UpdateError, match=r"another update is running \(hub, process \d+, since ") as caught:
            receive.one_at_a_time(project, "hub").__enter__()
        assert caught.value.code == 12
    with receive.one_at_a_time(project, "hub"):
        pass


def test_a_listener_who_hangs_up_does_not_end_the_update() -> None:
    """The others hear the rest."""

    class HungUp(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    log = io.StringIO()
    voice = receive.Voice(HungUp(), log)
    voice.line("one")
    voice.line("two")
    assert log.getvalue() == "one\ntwo\n"


@pytest.mark.parametrize(
    "words",
    [
        ["--path", "../roles"], ["--path", "/etc"], ["--path", "hub", "--component", "../x"],
        ["--path", "hub", "--playbook", "/tmp/p.yaml"], [], ["--path", "hub", "--unknown", "1"],
    ],
)  # fmt: skip
def test_a_command_line_that_leads_outside_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Its exit code is none of the playbook's."""
    usual = ["--archive", "a", "--sha256", "0", "--component", "hub", "--project", "p", "--playbook", "p.yaml"]
    with pytest.raises(SystemExit) as caught:
        receive.main([*usual, *words])
    assert caught.value.code == 13
    assert "receive: " in capsys.readouterr().err
