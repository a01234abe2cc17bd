"""Composition root: ``python app.py`` serves or works; ``flask --app app …`` offers commands.

Nothing imports this module. Which parts there are, and how they are tied together, stands in
``quadra/wiring``, a module a role; here is only what has to come before all of it.
"""

from __future__ import annotations

import gc
import logging
import os
import sys

from quadra.errors import SettingsError
from quadra.settings import Settings
from quadra.web.serving import load_socketio, patch
from quadra.wiring import memory
from quadra.wiring.arguments import CHILD, PAGE, complain

IS_MAIN = __name__ == "__main__"
if IS_MAIN:
    try:
        Settings.from_env()  # what can't be used is said before anything large is loaded
    except SettingsError as error:
        complain(error)
        sys.exit(2)
    memory.bound()  # before there are threads
IS_WORKER = IS_MAIN and os.environ.get("ROLE", "").strip() == "worker"  # ENV_FILE may say so too

if IS_MAIN:
    gc.disable()  # nothing dies while all is loaded and built; turned on again behind that
if IS_MAIN and not IS_WORKER:
    # The worker and the commands run without a loop.
    patch(os.environ.get("ASYNC_MODE", "").strip() or "eventlet")

if not IS_WORKER:  # it serves nothing, and takes 40 MB less without these
    load_socketio()
    from quadra.wiring.serving import create_app, serve

    __all__ = ["create_app"]


def run() -> int:
    """Do what the role and the arguments ask for; gives the exit code."""
    os.umask(0o027)  # what is kept here is nobody else's to read
    if PAGE in sys.argv[1:]:
        from quadra.wiring.delivery import page  # noqa: PLC0415 - this alone is needed

        return page()
    if IS_WORKER:
        from quadra.wiring.worker import work  # noqa: PLC0415 - nor what it needs elsewhere

        gc.freeze()
        gc.enable()
        return work(is_child=CHILD in sys.argv[1:])
    return serve()


if IS_MAIN:
    code = run()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)  # native threads of the loop's pool would keep a plain exit waiting
