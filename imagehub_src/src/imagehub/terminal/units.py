"""Numbers as people read them: counts, bytes and spans of time."""

_BYTE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def count(number: int) -> str:
    """Return a count with its thousands parted: `12,345`."""
    return f"{number:,}"


def counted(number: int, noun: str) -> str:
    """Return a count with its noun (one that takes an s): `1 image`, `12,345 images`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size(number: float) -> str:
    """Return bytes in the largest unit that fits, powers of 1024, three digits: `61.2 MiB`."""
    for unit in _BYTE_UNITS:
        # 999.5 would be shown as 1000, a digit more than the columns hold.
        if number < 999.5 or unit == _BYTE_UNITS[-1]:
            break
        number /= 1024
    return f"{number:.0f} B" if unit == "B" else f"{_three_digits(number)} {unit}"


def span(seconds: float) -> str:
    """Return a span of time: `4.1 ms`, `0.2 s`, `12 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, hours, days = whole // 60, whole // 3600, whole // 86_400
    if minutes < 60:
        return f"{minutes} min {whole % 60:02} s"
    return f"{hours} h {minutes % 60:02} min" if days == 0 else f"{days} d {hours % 24} h"


def ago(seconds: float) -> str:
    """Return how long ago something was, in one unit: `0.2 s ago`, `4 min ago`, `2 h ago`, `3 d ago`."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit} ago"
    return f"{seconds:.1f} s ago" if seconds < 9.95 else f"{min(59, round(seconds))} s ago"


def _three_digits(number: float) -> str:
    decimals = 2 if number < 9.995 else 1 if number < 99.95 else 0
    return f"{number:.{decimals}f}"
