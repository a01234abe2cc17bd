"""What a person or a sender says of a series, as far as anomalies are concerned."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trait:
    """How to read and name a series, and how closely it shall be watched.

    ``unit`` is one of OpenMetrics or OTLP (``seconds``, ``ms``, ``By``, ``1``, …), empty when
    unknown. Of a ``counter`` the rate per second is watched; of one that sums up what ``calls``
    (the id of another counter, 0 for none) counts, as in histograms, the mean. ``sensitivity``
    multiplies evidence: 2 alerts at half of what is usually asked, 0.5 at twice. Of a ``muted``
    series nothing is said, and still it is learned.
    """

    name: str = ""
    unit: str = ""
    counter: bool = False
    sensitivity: float = 1.0
    muted: bool = False
    calls: int = 0
    source: str = ""
    settles_h: float = 0.0


PLAIN = Trait()
