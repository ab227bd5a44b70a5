"""Time for cameras that passes only where somebody sleeps, or by a test's word."""

from imagehub.node.cameras.times import Clock

BOOTED_WALL_NS = 1_770_000_000_000_000_000


class PassingTime:
    """Boot and monotonic clock begin at 1000 s; `late_seconds` are added to each sleep, as a busy machine does."""

    def __init__(self) -> None:
        self.boot_ns = 1_000_000_000_000
        self.late_seconds = 0.0
        self.clock = Clock(
            boot_ns=lambda: self.boot_ns,
            wall_ns=lambda: self.boot_ns + BOOTED_WALL_NS,
            monotonic_ns=lambda: self.boot_ns,
            sleep=self.pass_,
        )

    @property
    def wall_ns(self) -> int:
        """Now, since 1970."""
        return self.boot_ns + BOOTED_WALL_NS

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.boot_ns += round((seconds + self.late_seconds) * 1e9)
