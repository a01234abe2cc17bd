"""How app.py starts itself again as another process; what it says when it can't start."""

import sys
from pathlib import Path

from quadra.errors import QuadraError

PROGRAM = Path(__file__).resolve().parents[2] / "app.py"
PAGE = "--page"  # deliver what stands on standard input, and end
CHILD = "--child"  # be the worker that a serving process has started


def complain(error: QuadraError) -> None:
    """Tell whoever started this why it can't go on."""
    sys.stderr.write(f"quadra: {error.detail}\n")
