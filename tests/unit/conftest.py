"""Unit tests decide or compute: no servers, no files but those of one test, no waiting."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "unit", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unit")
