"""What the tests in Python that stand in several directories share: saying what does not hold, waiting, ports.

    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[N]))  # tests/
    from checking import Failed, check, wait_for
"""

import socket
import time


class Failed(AssertionError):
    """Something that a test expects does not hold."""


def check(truth, what):
    if not truth:
        raise Failed(what)


def wait_for(condition, what, limit=60):
    """Waits until `condition()` is true, and returns what it gave."""
    deadline = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        check(time.monotonic() < deadline, f"waited {limit} s in vain: {what}")
        time.sleep(0.01)


def free_port():
    """A port of the loopback address on which nobody listens now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
