"""How long images are kept: policies, holds, a plan of what goes, and the part that carries it out."""

from imagehub.librarian.retention.errors import RetentionError
from imagehub.librarian.retention.holding import Hold, hold_image, hold_span, holds, release
from imagehub.librarian.retention.nightly import local_time, part, run_now
from imagehub.librarian.retention.planning import Going, Plan, plan
from imagehub.librarian.retention.policy import DAY_CLASSES, Policy, policies, remove_policy, set_policy

__all__ = [
    "DAY_CLASSES",
    "Going",
    "Hold",
    "Plan",
    "Policy",
    "RetentionError",
    "hold_image",
    "hold_span",
    "holds",
    "local_time",
    "part",
    "plan",
    "policies",
    "release",
    "remove_policy",
    "run_now",
    "set_policy",
]
