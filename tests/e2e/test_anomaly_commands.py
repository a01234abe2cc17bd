"""The detector as a program, row by row, and the training script."""

from __future__ import annotations

import csv
import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from quadra.library import AnomalyDetectionSystem

pytestmark = pytest.mark.e2e

REPOSITORY = Path(__file__).resolve().parents[2]
MODULE = [sys.executable, "-m", "quadra.anomalies"]
SCRIPT = [sys.executable, "scripts/train_anomaly_model.py"]


def scored(rows: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        MODULE, input=rows, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
    )


def column(text: str, name: str) -> list[str]:
    return [row[name] for row in csv.DictReader(io.StringIO(text))]


def test_each_row_is_answered_before_the_next_is_read() -> None:
    with subprocess.Popen(
        MODULE, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write("timestamp,value\n")
        program.stdin.flush()
        assert "timestamp,value,anomaly_score\n" == program.stdout.readline()
        for minute in range(300):
            value = "100" if minute == 250 else str(minute % 7)
            at = f"2026-01-01 {minute // 60:02}:{minute % 60:02}:00"
            program.stdin.write(f"{at},{value}\n")
            program.stdin.flush()
            time, same, score = program.stdout.readline().rstrip("\n").split(",")
            assert (at, value) == (time, same)
            assert (minute == 250) == (float(score) >= 1)
        program.stdin.close()
        assert 0 == program.wait(timeout=30)


def test_unix_seconds_and_dates_say_the_same() -> None:
    dates = "".join(f"2026-01-01 0{i // 60}:{i % 60:02}:00,{i % 5}\n" for i in range(300))
    seconds = "".join(f"{1767225600 + 60 * i},{i % 5}\n" for i in range(300))
    one, other = (scored(f"timestamp,value\n{rows}") for rows in (dates, seconds))
    assert (0, "") == (one.returncode, one.stderr)
    assert column(one.stdout, "anomaly_score") == column(other.stdout, "anomaly_score")


def test_what_is_no_value_scores_zero_and_a_bad_time_is_named() -> None:
    done = scored("value,extra,timestamp\nnan,,1\n,x,2\n1e400,,3\n5,,4\n\nabc,,5\n7,,soon\n")
    assert ["nan", "", "1e400", "5", "abc"] == column(done.stdout, "value")
    assert ["0.0"] * 5 == column(done.stdout, "anomaly_score")
    assert 2 == done.returncode
    assert "timestamp 'soon' is neither unix seconds nor a date and time" in done.stderr
    assert 2 == scored("time,value\n1,2\n").returncode


def test_training_writes_baselines_a_report_and_a_picture(tmp_path: Path) -> None:
    values = [10.0 + i % 6 for i in range(800)]
    values[600:603] = [90.0] * 3
    times = [1_767_225_600 + 300 * i for i in range(800)]
    metrics = {
        "known": {
            "timestamps": times,
            "values": values,
            "anomalies": [[times[600], times[602]], [times[700], times[701]]],
        },
        "unknown": list(zip(times, values, strict=True)),
        "plain": values,
    }
    (tmp_path / "metrics.json").write_text(json.dumps({"metrics": metrics}))
    done = subprocess.run(
        [*SCRIPT, "--metrics-file", tmp_path / "metrics.json", "--validate",
         "--output-dir", tmp_path / "models"],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert 0 == done.returncode, done.stderr
    assert "100 %" in done.stderr
    report = json.loads((tmp_path / "models" / "validation.json").read_text())
    assert 0.5 == report["recall"]
    assert report["precision"] == report["metrics"]["known"]["precision"]
    assert report["metrics"]["unknown"]["precision"] is None
    system = AnomalyDetectionSystem()
    system.load_baselines(tmp_path / "models" / "baselines.json")
    assert ["known", "plain", "unknown"] == system.metrics
    picture = (tmp_path / "models" / "validation.png").read_bytes()
    width, height = struct.unpack(">II", picture[16:24])
    at = picture.index(b"IDAT")
    (length,) = struct.unpack(">I", picture[at - 4 : at])
    body = zlib.decompress(picture[at + 4 : at + 4 + length])
    assert (3 * width + 1) * height == len(body)


def test_training_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    path.write_text('{"latency": {"values": [1, "x"]}}')
    done = subprocess.run(
        [*SCRIPT, "--metrics-file", str(path), "--output-dir", str(tmp_path)],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert 2 == done.returncode
    assert "metric 'latency'" in done.stderr
