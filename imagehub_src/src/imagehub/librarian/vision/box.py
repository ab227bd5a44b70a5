"""Where something is in a picture."""

from typing import NamedTuple


class Box(NamedTuple):
    """An upright rectangle; all four are from 0 to 1 of the picture's width and height."""

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """Its share of the picture."""
        return self.width * self.height

    @property
    def foot(self) -> tuple[float, float]:
        """The middle of its lower edge: where what stands in it touches the ground."""
        return self.left + self.width / 2, self.top + self.height

    def overlap(self, other: "Box") -> float:
        """Return the common area by the area of both together (intersection over union), from 0 to 1."""
        wide = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        high = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        if wide <= 0 or high <= 0:
            return 0.0
        common = wide * high
        return common / (self.area + other.area - common)

    def within(self, part: "Box") -> "Box":
        """Return the box in the picture, where this one is in a part of it."""
        return Box(
            part.left + self.left * part.width,
            part.top + self.top * part.height,
            self.width * part.width,
            self.height * part.height,
        )
