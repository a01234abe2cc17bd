"""Quadra's parts for use inside another Python program, without a server."""

from quadra.library.detection import (
    AnomalyDetectionSystem,
    AnomalyResult,
    StatisticalAnomalyDetector,
    TimeSeriesAnomalyDetector,
    get_anomaly_detector,
)

__all__ = [
    "AnomalyDetectionSystem",
    "AnomalyResult",
    "StatisticalAnomalyDetector",
    "TimeSeriesAnomalyDetector",
    "get_anomaly_detector",
]
