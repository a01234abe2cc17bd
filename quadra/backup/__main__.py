"""``python -m quadra.backup``."""

import os
import sys

from quadra.backup.program import main

os.umask(0o077)
sys.exit(main())
