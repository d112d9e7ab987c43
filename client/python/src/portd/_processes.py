"""Which process a lease serves, and how other processes are."""

from __future__ import annotations

import os
import sys


def can_answer(pid: int) -> bool:
    """Whether a process lives and is not stopped."""
    state = _stat(pid)
    if state is not None:
        return state[0] not in "TtZXx"
    return False if _HAS_PROC else _lives(pid)


def is_ancestor(pid: int) -> bool:
    """Whether a process is this one or one that it comes from; where the system does not tell: whether it lives."""
    if pid in (os.getpid(), os.getppid()):
        return True
    if not _HAS_PROC:
        return _lives(pid)
    each = os.getppid()
    while each > 1:
        each = parent_of(each)
        if each == pid:
            return True
    return False


def parent_of(pid: int) -> int:
    """0 where it is unknown."""
    if pid == os.getpid():
        return os.getppid()
    state = _stat(pid)
    return int(state[1]) if state is not None else 0


def holder_pid() -> int:
    """The process whose life is the service's. A worker or a reloader's child comes and goes: its parent stays."""
    parent = _multiprocessing_parent() or gunicorn_arbiter() or _reloader()
    return parent if parent > 1 else os.getpid()


def _multiprocessing_parent() -> int:
    module = sys.modules.get("multiprocessing")  # uvicorn --reload and --workers; not imported: no child of it
    parent = module.parent_process() if module is not None and hasattr(module, "parent_process") else None
    return parent.pid or 0 if parent is not None else 0


def gunicorn_arbiter() -> int:
    """The parent of this worker of gunicorn; 0 in any other process."""
    if "gunicorn.arbiter" not in sys.modules:
        return 0
    import signal

    # Every kind of gunicorn's workers, and no arbiter, has this signal handled by a Worker, which knows its parent.
    worker = getattr(signal.getsignal(signal.SIGUSR1), "__self__", None)
    ppid = getattr(worker, "ppid", 0)
    return ppid if isinstance(ppid, int) else 0


def _reloader() -> int:
    return os.getppid() if is_reloader_child() else 0


_known_reloader = 0  # the parent that has said so, once the variable is gone


def is_reloader_child() -> bool:
    """Whether Werkzeug's reloader, or portc run in its place, has started this process."""
    return os.environ.get("WERKZEUG_RUN_MAIN") == "true" or 0 < _known_reloader == os.getppid()


def keep_reloader() -> None:
    """Remembers it for when the variable is taken out of the environment."""
    global _known_reloader
    _known_reloader = os.getppid() if is_reloader_child() else 0


_HAS_PROC = os.path.exists("/proc/self/stat")


def _stat(pid: int) -> list[str] | None:
    """proc_pid_stat(5) from the third field on: state, ppid, ..."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read(4096)
    except OSError:
        return None
    return text.rpartition(b")")[2].decode("ascii", "replace").split()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
