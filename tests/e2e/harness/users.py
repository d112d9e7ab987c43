"""Doing things as somebody else; needs root."""

from __future__ import annotations

import os
import pickle
import traceback
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")

NOBODY = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to act as another user")


def as_user(uid: int, action: Callable[[], T]) -> T:
    """Runs `action` in a child process of another user and returns (or raises) what it did."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _act(uid, action, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as answers:
        answer = answers.read()
    os.waitpid(child, 0)
    ok, value = pickle.loads(answer)
    if not ok:
        raise AssertionError(f"as uid {uid}: {value}")
    return value  # type: ignore[no-any-return]


def _act(uid: int, action: Callable[[], object], writer: int) -> None:
    try:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        answer = (True, action())
    except BaseException:
        answer = (False, traceback.format_exc())
    with os.fdopen(writer, "wb") as answers:
        answers.write(pickle.dumps(answer))
    os._exit(0)
