"""A pool of two threads for CPU-bound work that would block the event loop, first come, first served."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

MOST_THREADS = 2
"""Threads: more would only take the interpreter's lock from the event loop."""

_POOL = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="cpu-bound")

_P = ParamSpec("_P")
_Returned = TypeVar("_Returned")


async def in_thread(work: Callable[_P, _Returned], *args: _P.args, **kwargs: _P.kwargs) -> _Returned:
    """Run a pure function in the thread pool and return what it returns; raises what it raises."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, lambda: work(*args, **kwargs))


async def in_thread_if(long: bool, work: Callable[_P, _Returned], *args: _P.args, **kwargs: _P.kwargs) -> _Returned:
    """Run a function in the thread pool if it takes `long`, else at once on the event loop."""
    return await in_thread(work, *args, **kwargs) if long else work(*args, **kwargs)
