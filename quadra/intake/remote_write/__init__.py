"""Prometheus remote write, 1.0 and 2.0."""

from quadra.intake.remote_write.frame import claimed_size
from quadra.intake.remote_write.labels import LabelCache
from quadra.intake.remote_write.version1 import parse_v1
from quadra.intake.remote_write.version2 import parse_v2, written_headers

__all__ = ["LabelCache", "claimed_size", "parse_v1", "parse_v2", "written_headers"]
