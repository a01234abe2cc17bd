"""Quadra's parts for use inside another Python program, without a server."""

from quadra.library.alerting import AlertManager
from quadra.library.detection import (
    AnomalyDetectionSystem,
    AnomalyResult,
    StatisticalAnomalyDetector,
    TimeSeriesAnomalyDetector,
    get_anomaly_detector,
)
from quadra.library.triggered import TriggeredAlert

__all__ = [
    "AlertManager",
    "AnomalyDetectionSystem",
    "AnomalyResult",
    "StatisticalAnomalyDetector",
    "TimeSeriesAnomalyDetector",
    "TriggeredAlert",
    "get_anomaly_detector",
]
