"""Images, loop devices and mounts of ext4, through the system's own tools."""

import subprocess
from pathlib import Path

MIB = 1024 * 1024


def run(*command: str) -> str:
    """What `command` printed; raises RuntimeError with its complaint when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout.strip()


def make_ext4(image: Path, size_mib: int, block_bytes: int) -> None:
    """Create `image` with an ext4 that is complete: once mounted, nothing but its users writes to it.

    No block is reserved for root, whom a full disk must refuse as well.
    """
    with image.open("xb") as file:
        file.truncate(size_mib * MIB)
    finished = "lazy_itable_init=0,lazy_journal_init=0,nodiscard"
    run("mkfs.ext4", "-q", "-F", "-b", str(block_bytes), "-m", "0", "-E", finished, str(image))


def attach_loop(image: Path, sector_bytes: int = 512) -> str:
    """The path of a new loop device for `image`."""
    return run("losetup", "--find", "--show", "--sector-size", str(sector_bytes), str(image))


def detach_loop(device: str) -> None:
    """Give the loop device back, now or when its last user ends."""
    run("losetup", "--detach", device)


def mount_ext4(device: str, mount_point: Path, *options: str) -> None:
    """Mount `device`; as on most systems, an error of the file system leaves it read-only."""
    run("mount", "-t", "ext4", "-o", ",".join(["errors=remount-ro", *options]), device, str(mount_point))


def unmount(mount_point: Path) -> None:
    """Take the file system away from its path, whoever has files open on it."""
    run("umount", "--lazy", str(mount_point))
