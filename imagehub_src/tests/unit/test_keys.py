"""Keys are made for their owner's eyes only, never replaced by accident, and never shown."""

import os
import stat
from pathlib import Path

import pytest
import zmq
import zmq.auth

from imagehub import keys
from imagehub.errors import ImagehubError


def mode(path: Path) -> int:
    """Return who may do what with a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_new_keys_are_a_pair_that_only_the_owner_can_read(tmp_path: Path) -> None:
    """The folder is made too; the umask, and so every other file of the process, is as before."""
    before = os.umask(0o022)
    try:
        public, secret = keys.new("Barn", tmp_path / "made" / "keys")
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    assert (public.name, secret.name) == ("Barn.key", "Barn.key_secret")
    assert (mode(public), mode(secret), mode(public.parent)) == (0o600, 0o600, 0o700)
    pair = zmq.auth.load_certificate(secret)
    assert pair[1] is not None
    assert zmq.curve_public(pair[1]) == pair[0] == zmq.auth.load_certificate(public)[0]


def test_secrets_are_never_readable_by_others_not_even_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files are created with their final mode, not narrowed later."""
    modes: list[int] = []
    create = zmq.auth.create_certificates

    def watched(directory: Path, name: str) -> tuple[str, str]:
        paths = create(directory, name)
        modes.extend(mode(Path(path)) for path in paths)
        return paths

    monkeypatch.setattr(zmq.auth, "create_certificates", watched)
    keys.new("Barn", tmp_path)
    assert modes == [0o600, 0o600]


@pytest.mark.parametrize("suffix", [".key", ".key_secret"])
def test_existing_keys_are_not_replaced(tmp_path: Path, suffix: str) -> None:
    """A second `keys new` can't lock out a node that uses the first, even if half of the pair has gone."""
    (tmp_path / f"Barn{suffix}").write_text("precious")
    with pytest.raises(ImagehubError, match="exists already"):
        keys.new("Barn", tmp_path)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["precious"]


@pytest.mark.parametrize("name", ["", ".hidden", "..", "../Barn", "a/b", "a b", "Bärn", "a\n"])
def test_names_that_could_leave_the_folder_or_hide_are_refused(tmp_path: Path, name: str) -> None:
    """A name is letters, digits, _, - and dots inside."""
    with pytest.raises(ImagehubError, match="can't name keys"):
        keys.new(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    """The system's reason is passed on."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ImagehubError, match=r"can't make keys in .*file/keys: Not a directory"):
        keys.new("Barn", tmp_path / "file" / "keys")


def test_half_a_pair_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a full disk `keys new` can simply be repeated."""

    def fill_up(directory: Path, name: str) -> None:
        (directory / f"{name}.key").write_text("")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zmq.auth, "create_certificates", fill_up)
    with pytest.raises(ImagehubError, match="No space left on device"):
        keys.new("Barn", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_hub_reads_its_own_pair(tmp_path: Path) -> None:
    """Public and secret key come as CURVE wants them, and belong together."""
    keys.new("hub", tmp_path)
    public, secret = keys.load_server(tmp_path)
    assert zmq.curve_public(secret) == public


def test_without_hub_keys_the_error_says_how_to_make_them(tmp_path: Path) -> None:
    """The command to type is in the message."""
    with pytest.raises(ImagehubError, match=f"imagehub keys new hub --directory {tmp_path}"):
        keys.load_server(tmp_path)


@pytest.mark.parametrize("damage", ["other secret", "no secret", "short secret", "no public", "no equals sign"])
def test_a_damaged_pair_is_refused_without_showing_it(tmp_path: Path, damage: str) -> None:
    """No part of a key gets into an error, its causes included, from where it would get into a log."""
    keys.new("hub", tmp_path)
    path = tmp_path / "hub.key_secret"
    public, secret = (key.decode() for key in keys.load_server(tmp_path))
    other = zmq.curve_keypair()[1].decode()
    text = path.read_text()
    damaged = {
        "other secret": text.replace(secret, other),
        "no secret": text.replace("secret-key", "#"),
        "short secret": text.replace(secret, secret[:30]),
        "no public": text.replace(public, ""),
        "no equals sign": text.replace("=", " "),
    }
    path.write_text(damaged[damage])
    with pytest.raises(ImagehubError, match=r"hub\.key_secret has no (pair of keys|public key)") as caught:
        keys.load_server(tmp_path)
    error: BaseException | None = caught.value
    while error is not None:
        assert not any(part in f"{error!r} {error}" for part in (secret[:10], other[:10], public[:10]))
        error = error.__cause__ or error.__context__


def test_admitted_are_all_public_keys_but_the_hubs(tmp_path: Path) -> None:
    """Admitting a node is copying its public key into the folder; its secret is neither needed nor read."""
    keys.new("hub", tmp_path)
    pairs = {name: keys.new(name, tmp_path) for name in ("Barn", "Porch")}
    pairs["Porch"][1].unlink()
    (tmp_path / ".Old.key").write_text("not looked at")
    (tmp_path / "notes.txt").write_text("not looked at")
    assert keys.load_admitted(tmp_path) == {
        zmq.auth.load_certificate(paths[0])[0]: name for name, paths in pairs.items()
    }


@pytest.mark.parametrize("text", ["", "public-key\n", 'public-key = "short"\n', f'public-key = "{"~" * 40}"\n'])
def test_a_damaged_public_key_is_refused_by_name(tmp_path: Path, text: str) -> None:
    """A key that could admit nobody is found at the start, not when its node is missed."""
    (tmp_path / "Barn.key").write_text(text)
    with pytest.raises(ImagehubError, match=r"Barn\.key has no public key; copy it again"):
        keys.load_admitted(tmp_path)


def test_a_key_that_the_hub_may_not_read_is_refused_by_name(tmp_path: Path) -> None:
    """Keys made as another user are the usual reason, and the message says what to do."""
    (tmp_path / "Barn.key").mkdir()
    with pytest.raises(
        ImagehubError, match=r"can't read .*Barn\.key: Is a directory; make the hub's account its owner"
    ):
        keys.load_admitted(tmp_path)
