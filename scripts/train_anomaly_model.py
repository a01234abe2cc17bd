"""Learns baselines from metrics of the past, and says how well alerts match known anomalies.

Writes `baselines.json` (for `quadra.library.AnomalyDetectionSystem.load_baselines`) and, with
`--validate`, `validation.json` and `validation.png` (known anomalies shaded, alerts as red marks).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from quadra.library import AnomalyDetectionSystem
from scripts.training import series
from scripts.training.drawing import Picture
from scripts.training.series import Metric
from scripts.training.validation import Outcome, judge, report

_BAR = 40
_REPORT_EVERY = 256
_MOST_CHARTS = 20
_PART_LEARNED = 0.5


def progress(done: int, of: int) -> None:
    """Draw a progress bar; in a file of output, its end alone."""
    if sys.stderr.isatty() or done == of:
        full = _BAR * done // max(of, 1)
        end = "\n" if done == of else "\r"
        bar = "#" * full + "." * (_BAR - full)
        print(f"[{bar}] {100 * done // max(of, 1)} %", end=end, file=sys.stderr, flush=True)


def train(
    metrics: list[Metric], system: AnomalyDetectionSystem, tell: Callable[[int, int], None]
) -> list[list[float]]:
    """Learn all metrics; give the score of every value, before it was learned."""
    of = sum(len(metric.values) for metric in metrics)
    done = 0
    scores: list[list[float]] = []
    for metric in metrics:
        row = []
        for at, value in zip(metric.times, metric.values, strict=True):
            found = system.detect_anomalies({metric.name: value}, at)
            row.append(max((one.score for one in found), default=0.0))
            done += 1
            if done % _REPORT_EVERY == 0 or done == of:
                tell(done, of)
        scores.append(row)
    return scores


def draw(outcomes: list[Outcome], path: Path) -> None:
    """Draw each metric with its known anomalies and its alerts."""
    outcomes = outcomes[:_MOST_CHARTS]
    picture = Picture(len(outcomes))
    for place, outcome in enumerate(outcomes):
        times = np.array(outcome.metric.times)
        spans = [
            (int(np.searchsorted(times, a)), min(int(np.searchsorted(times, b)), len(times) - 1))
            for a, b in outcome.metric.anomalies or []
        ]
        picture.chart(
            place,
            f"{outcome.metric.name}: {outcome.caught} caught, {outcome.missed} missed, "
            f"{outcome.false} false",
            np.array(outcome.metric.values),
            known=spans,
            alerts=np.searchsorted(times, outcome.alerts).tolist(),
        )
    picture.save(path)


def main(arguments: list[str]) -> int:
    """Read the command line and do it; gives the exit code."""
    reader = argparse.ArgumentParser(description=__doc__)
    source = reader.add_mutually_exclusive_group(required=True)
    source.add_argument("--use-sample-data", action="store_true", help="made metrics, two weeks")
    source.add_argument("--metrics-file", type=Path, help="JSON; see docs/detection.md")
    reader.add_argument("--validate", action="store_true", help="hold alerts against anomalies")
    reader.add_argument("--output-dir", type=Path, default=Path("data/baselines"))
    chosen = reader.parse_args(arguments)
    try:
        metrics = series.made() if chosen.use_sample_data else series.read(chosen.metrics_file)
        system = AnomalyDetectionSystem()
        scores = train(metrics, system, progress)
        chosen.output_dir.mkdir(parents=True, exist_ok=True)
        system.save_baselines(chosen.output_dir / "baselines.json")
        print(f"{len(metrics)} metrics learned: {chosen.output_dir / 'baselines.json'}")
        if chosen.validate:
            validate(metrics, scores, chosen.output_dir)
    except (OSError, ValueError) as error:
        print(f"train_anomaly_model: {error}", file=sys.stderr)
        return 2
    return 0


def validate(metrics: list[Metric], scores: list[list[float]], folder: Path) -> None:
    """Judge the second half of each metric, which no alert had seen; print, write and draw it."""
    outcomes = [
        judge(metric, row, int(len(row) * _PART_LEARNED))
        for metric, row in zip(metrics, scores, strict=True)
    ]
    found = report(outcomes)
    (folder / "validation.json").write_text(json.dumps(found, indent=2) + "\n")
    draw(outcomes, folder / "validation.png")
    for name, figure in found.items():
        if name != "metrics":
            print(f"  {name:<20} {'unknown' if figure is None else figure}")
    print(f"  {'report':<20} {folder / 'validation.json'}, {folder / 'validation.png'}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
