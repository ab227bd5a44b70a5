"""Certificates for servers that tests start."""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from requirements_here import require


class Certificate(NamedTuple):
    """A certificate that signs itself, and its key, as PEM files."""

    certificate: Path
    key: Path


def certificate(folder: Path, address: str = "127.0.0.1") -> Certificate:
    """Make a certificate for a server at an address."""
    require(shutil.which("openssl"), "openssl: apt-get install openssl")
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    words = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=broker", "-days", "2"]
    more = ["-addext", f"subjectAltName=IP:{address}", "-keyout", str(made.key), "-out", str(made.certificate)]
    subprocess.run(["openssl", "req", "-x509", *words, *more], check=True, capture_output=True)
    return made
