"""Unit tests decide or compute: no servers, no files but those of one test, no waiting."""

import os

from hypothesis import HealthCheck, settings

# Each run tries other examples; a look that is to go deeper can ask for more of them.
settings.register_profile(
    "unit",
    max_examples=int(os.environ.get("QUADRA_TEST_EXAMPLES", "25")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unit")
