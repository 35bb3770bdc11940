"""Work that would hold the event loop, done beside it in two threads of the process, first come, first served."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

MOST_AT_ONCE = 2
"""Pieces of work at the same time: more threads would only take the interpreter from the event loop."""

_POOL = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="apart")

_P = ParamSpec("_P")
_Made = TypeVar("_Made")


async def apart(work: Callable[_P, _Made], *args: _P.args, **kwargs: _P.kwargs) -> _Made:
    """Do pure work in one of the threads and return what it makes."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, lambda: work(*args, **kwargs))


async def apart_if(long: bool, work: Callable[_P, _Made], *args: _P.args, **kwargs: _P.kwargs) -> _Made:
    """Do long work apart, and any other at once."""
    return await apart(work, *args, **kwargs) if long else work(*args, **kwargs)
