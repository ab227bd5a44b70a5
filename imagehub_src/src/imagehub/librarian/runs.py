"""A set of whole numbers that are mostly in a row: kept as its runs, so that millions of them take little room."""

from bisect import bisect_right


class Runs:
    """Numbers that were added, most of them each one above the last."""

    def __init__(self) -> None:
        self._runs: list[list[int]] = []
        self._whole: list[list[int]] = []

    def add(self, number: int) -> None:
        """Add a number."""
        if self._runs and number == self._runs[-1][1] + 1:
            self._runs[-1][1] = number
        else:
            self._runs.append([number, number])
        self._whole = []

    def __contains__(self, number: int) -> bool:
        if not self._whole:
            self._whole = _merged(self._runs)
        at = bisect_right(self._whole, number, key=lambda run: run[0]) - 1
        return at >= 0 and number <= self._whole[at][1]


def _merged(runs: list[list[int]]) -> list[list[int]]:
    """Return the runs in order, joined where they meet or overlap."""
    merged: list[list[int]] = []
    for first, last in sorted(runs):
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return merged
