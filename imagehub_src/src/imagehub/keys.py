"""CURVE key files: making them, and reading those of the hub and of the senders that it admits.

A pair is two files in pyzmq's format (`zmq.auth.create_certificates`): `NAME.key` with the public key, for
the other side, and `NAME.key_secret` with both.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import zmq
import zmq.auth
from zmq.utils import z85

from imagehub.errors import ImagehubError

HUB = "hub"
PUBLIC, SECRET = ".key", ".key_secret"
KEY_BYTES = 32


def new(name: str, directory: Path) -> list[Path]:
    """Make a key pair and return its two files; only their owner can read them, or a folder made for them.

    Raises:
        ImagehubError: the name is no good, is taken, or the files can't be written; then there is none.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*", name):
        raise ImagehubError(f"can't name keys {name!r}: use letters, digits, _, - and, not as the first, dots")
    paths = [directory / f"{name}{suffix}" for suffix in (PUBLIC, SECRET)]
    for path in paths:
        if os.path.lexists(path):
            raise ImagehubError(f"{path} exists already; delete it first if nobody uses it any more")
    try:
        with _only_for_the_owner():
            directory.mkdir(parents=True, exist_ok=True)
            zmq.auth.create_certificates(directory, name)
    except OSError as error:
        for path in paths:
            with suppress(OSError):
                path.unlink()
        raise ImagehubError(f"can't make keys in {directory}: {error.strerror}") from error
    return paths


@contextmanager
def _only_for_the_owner() -> Iterator[None]:
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def load_server(directory: Path, name: str = HUB) -> tuple[bytes, bytes]:
    """Return the public and the secret key (Z85) of the hub, or of what else listens under that name.

    Raises:
        ImagehubError: there are none, or the file is damaged. The secret is in no error.
    """
    path = directory / f"{name}{SECRET}"
    public, secret = _load(path, name)
    if secret is None or not _is_pair(public, secret):
        advice = _advice(directory, name)
        raise ImagehubError(f"{path} has no pair of keys; delete it and {name}{PUBLIC}, then {advice}")
    return public, secret


def _is_pair(public: bytes, secret: bytes) -> bool:
    try:
        return bool(zmq.curve_public(secret) == public)
    except (zmq.ZMQError, ValueError):
        return False


def load_admitted(directory: Path, name: str = HUB) -> dict[bytes, str]:
    """Return whom the hub, or what else has `name`, admits: the public key (Z85) in each other `NAME.key`, and NAME.

    Raises:
        ImagehubError: a file can't be read or has no key.
    """
    paths = sorted(path for path in directory.glob(f"[!.]*{PUBLIC}") if path.name != f"{name}{PUBLIC}")
    return {_load(path, name)[0]: path.name.removesuffix(PUBLIC) for path in paths}


def _load(path: Path, name: str) -> tuple[bytes, bytes | None]:
    try:
        public, secret = zmq.auth.load_certificate(path)
        if len(z85.decode(public)) == KEY_BYTES:
            return public, secret
    except OSError as error:
        if error.strerror is None:
            raise ImagehubError(f"{path} is not there; {_advice(path.parent, name)}") from error
        raise ImagehubError(f"can't read {path}: {error.strerror}; make the {name}'s account its owner") from error
    except (LookupError, ValueError):
        pass  # not said with what pyzmq has to say about it, which may be the key
    raise ImagehubError(f"{path} has no public key; copy it again from where it was made, or delete it")


def _advice(directory: Path, name: str) -> str:
    return f"make the {name}'s keys with: imagehub keys new {name} --directory {directory}"
