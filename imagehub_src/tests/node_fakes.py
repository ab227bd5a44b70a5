"""What the parts of a node meet in tests: an outbox that keeps what it gets, and an end that comes after some waits."""

from collections.abc import Callable
from dataclasses import dataclass, field

from imagehub.node.delivery.post import Post


@dataclass
class KeptPosts:
    """An outbox."""

    posts: list[Post] = field(default_factory=list)

    def put(self, post: Post) -> None:
        """See `Outbox.put`."""
        self.posts.append(post)

    def texts(self) -> list[str]:
        """Return the texts so far."""
        return [post.text for post in self.posts]


@dataclass
class StopAfter:
    """An end that comes with a wait, the first being 1. At each one `meanwhile` is called with its seconds."""

    waits: int
    meanwhile: Callable[[float], None] = lambda _: None
    waited: list[float] = field(default_factory=list)

    def wait(self, timeout: float) -> bool:
        """See `Stop.wait`."""
        self.waited.append(timeout)
        self.meanwhile(timeout)
        return len(self.waited) >= self.waits
