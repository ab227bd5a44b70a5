"""How the commands end: what goes wrong is told in words, and in an exit code."""

import os
import sys
from collections.abc import Callable

from imagehub.errors import ImagehubError, SettingsError

EXIT_OK, EXIT_FAULT, EXIT_SETTINGS = 0, 1, 2
EXIT_INTERRUPTED = 130


def guarded(name: str, command: Callable[[], int]) -> int:
    """Run the command called `name` and return its exit code; faults go to standard error, a line each."""
    try:
        return int(command())
    except SettingsError as error:
        print("\n".join(f"{name}: {fault}" for fault in error.faults), file=sys.stderr)
        return EXIT_SETTINGS
    except ImagehubError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return EXIT_FAULT
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAULT
