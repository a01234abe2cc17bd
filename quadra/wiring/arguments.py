"""How app.py starts itself again, as another process."""

from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2] / "app.py"
PAGE = "--page"  # deliver what stands on standard input, and end
CHILD = "--child"  # be the worker that a serving process has started
