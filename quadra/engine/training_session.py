"""One field in training: which series it watches, what it has learned, what it foretells."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quadra.engine.ports import KnownSeries
from quadra.errors import InvalidError
from quadra.field.field import Field, Forecast, Shape
from quadra.field.foretold import Ahead, Surprise, Surprises
from quadra.field.grid import MAX_EMPTY_STEPS, Grid
from quadra.field.model_file import Note, dump, load
from quadra.field.reservoir import DEFAULT_SIZE, Vector
from quadra.field.skill import METHODS, Skill
from quadra.telemetry.batch import Columns
from quadra.telemetry.selector import Selector, parse_selector
from quadra.telemetry.series import SeriesKey, series_key

MAX_WATCHED = 16
MAX_CANDIDATES = 200
ENOUGH_MOVING = 4
DEFAULT_STEP_S = 1.0
AHEAD_S = 300.0
DEFAULT_MATCH = (
    "host_cpu_busy_percent",
    "host_memory_used_percent",
    'host_load{window="1m"}',
    "host_network_receive_bytes_per_second",
    "host_network_transmit_bytes_per_second",
    "host_disk_read_bytes_per_second",
    "host_disk_write_bytes_per_second",
    'host_cpu_percent{mode="user"}',
    "host_cpu_core_percent",
)
_COUNTERS = ("_total", "_count", "_sum", "_bucket")
_SHOWN_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be trained: units of the field, its seed, selectors, seconds a step."""

    field_size: int = DEFAULT_SIZE
    seed: int = 0
    match: tuple[str, ...] = DEFAULT_MATCH
    step: float = DEFAULT_STEP_S

    def as_note(self) -> Note:
        """Give it as JSON can hold it."""
        return {
            "field_size": self.field_size,
            "seed": self.seed,
            "match": list(self.match),
            "step": self.step,
        }


def candidates(known: Sequence[KnownSeries], match: Sequence[str], since: int) -> list[KnownSeries]:
    """Find at most ``MAX_CANDIDATES`` series: in the order of the selectors, then of their ids.

    Only such as had a sample after ``since`` (unix ms); raises InvalidError.
    """
    chosen: dict[int, KnownSeries] = {}
    for text in match:
        selector: Selector = parse_selector(text)
        for one in known:
            if one.last >= since and selector.matches(one.key):
                chosen.setdefault(one.id, one)
    return list(chosen.values())[:MAX_CANDIDATES]


def liveliest(found: Sequence[KnownSeries], recent: Columns) -> list[KnownSeries]:
    """Keep ``MAX_WATCHED`` of the candidates, in order: those that changed in ``recent``.

    Where hardly any did, the others come along.
    """
    order = np.argsort(recent.ids, kind="stable")
    ids, starts = np.unique(recent.ids[order], return_index=True)
    moves = dict.fromkeys((one.id for one in found), False)
    if len(ids):
        v = recent.v[order]
        spread = np.fmax.reduceat(v, starts) - np.fmin.reduceat(v, starts)
        moves |= dict(zip(ids.tolist(), (spread > 0).tolist(), strict=True))
    moving = [one for one in found if moves[one.id]]
    if len(moving) >= ENOUGH_MOVING:
        return moving[:MAX_WATCHED]
    chosen = sorted(found, key=lambda one: not moves[one.id])[:MAX_WATCHED]
    return [one for one in found if one in chosen]


class Session:
    """Trains one field on the series that it watches."""

    def __init__(
        self, plan: Plan, watched: Sequence[KnownSeries], made: Field | None = None
    ) -> None:
        """Begin; ``made`` goes on from a field that was trained before on as many series."""
        self.plan = plan
        self.watched = list(watched)
        ahead = max(2, round(AHEAD_S / plan.step))
        self.field = made or Field(Shape(len(watched), plan.field_size, plan.seed, ahead))
        self.skill = Skill(len(watched), plan.step, self.field.shape.ahead)
        self._ahead = Ahead(self.field.shape.ahead, plan.step)
        self._surprises = Surprises(len(watched))
        self._expected: Forecast | None = None
        ids = np.array([one.id for one in watched], np.uint32)
        is_counter = np.array([one.key[0].endswith(_COUNTERS) for one in watched])
        self._grid = Grid(ids, is_counter, plan.step)
        self.variance = 0.0
        self.last_loss = np.nan
        self.seconds: float | None = None
        self.durations: list[float] = []
        self._now: Vector = np.full(len(watched), np.nan)
        self._lowest: Vector = np.full(len(watched), np.nan)

    @classmethod
    def resumed(cls, content: bytes, checksum: str | None, known: Sequence[KnownSeries]) -> Session:
        """Go on from a saved field; raises ModelFileError, InvalidError when a series is gone."""
        field_, note = load(content, checksum)
        plan, keys = _read_note(note)
        by_key = {one.key: one for one in known}
        missing = [key[0] for key in keys if key not in by_key]
        if missing or len(keys) != field_.shape.series:
            msg = f"The model watches series that are not here: {', '.join(missing[:5])}."
            raise InvalidError(msg, code="model_series_missing")
        session = cls(plan, [by_key[key] for key in keys], field_)
        seconds = note.get("seconds")
        session.seconds = float(seconds) if isinstance(seconds, (int, float)) else None
        lowest = note.get("lowest", [])  # files of before say nothing of it
        if isinstance(lowest, list) and len(lowest) == len(keys):
            session._lowest = np.array(lowest, float)
        session.field.interrupt()
        return session

    def learn(self, columns: Columns) -> int:
        """Train on what came; gives the number of steps done."""
        steps = 0
        for seconds, values in self._grid.add(columns):
            longest = (MAX_EMPTY_STEPS + 1.5) * self.plan.step
            if self.seconds is not None and seconds - self.seconds > longest:
                self.field.interrupt()
            self.skill.judge(values, self.field.scales)
            step = self.field.train(seconds, values)
            if self._expected is not None:
                self._surprises.see(
                    seconds, values, step.residual, self._expected, self.skill.proven()[0]
                )
            began = time.perf_counter()
            forecast = self._expected = self.field.forecast()
            self.durations.append(time.perf_counter() - began)
            self.skill.foretell(values, forecast)
            self._ahead.add(seconds, forecast)
            self.variance, self.last_loss = step.variance, step.loss
            self.seconds, self._now = seconds, values
            self._lowest = np.fmin(self._lowest, values)
            steps += 1
        return steps

    def take_durations(self) -> list[float]:
        """Give how long each forecast since the last call took (s)."""
        taken, self.durations = self.durations, []
        return taken

    def take_surprises(self) -> list[Surprise]:
        """Give what came otherwise than foretold since the last call, with ids of series."""
        floors = self._floors()
        return [
            _told(one, floors[one.series], self.watched[one.series].id)
            for one in self._surprises.take()
        ]

    def dump(self) -> bytes:
        """Give the bytes from which ``resumed`` goes on."""
        series = [[name, list(map(list, labels))] for name, labels in self._keys()]
        lowest = [_number(v) for v in self._lowest]
        note = {**self.plan.as_note(), "series": series, "seconds": self.seconds, "lowest": lowest}
        return dump(self.field, note)

    def loss(self) -> float | None:
        """Give the loss of late, None while unknown."""
        return _number(self.field.loss)

    def names(self) -> tuple[str, ...]:
        """Give the watched series as selectors."""
        return tuple(
            name + ("{" + ",".join(f'{k}="{v}"' for k, v in labels) + "}" if labels else "")
            for name, labels in self._keys()
        )

    def state(self) -> dict[str, Any]:
        """Give what the API shows of it."""
        loss = self.loss()
        return {
            "iteration": self.field.iteration,
            "loss": loss,
            "reward": None if loss is None else 1.0 / (1.0 + loss),
            "variance": self.variance,
            "field_size": self.field.shape.size,
            "seed": self.field.shape.seed,
            "step_seconds": self.plan.step,
            "ahead_seconds": self.field.shape.ahead * self.plan.step,
            "state": np.round(self.field.state, 3).tolist(),
            "series": self._forecasts(self.field.forecast()),
            "skill": self._skill(),
        }

    def _keys(self) -> list[SeriesKey]:
        return [one.key for one in self.watched]

    def _floors(self) -> Vector:
        """Give below what no series is foretold: zero for one that never was negative.

        The model knows no bounds, and its bands are as wide below as above; but counts, bytes and
        seconds end at zero, and nobody believes a forecast that does not.
        """
        return np.where(self._lowest >= 0, 0.0, -np.inf)

    def _forecasts(self, forecast: Forecast) -> list[dict[str, Any]]:
        listed = []
        errors, proven, floors = self.skill.by_series(), self.skill.proven(), self._floors()
        for number, one in enumerate(self.watched):
            parts = {"value": forecast.value, "low": forecast.low, "high": forecast.high}
            floor = floors[number]
            ahead = {
                word: [_number(np.maximum(row[number], floor)) for row in part]
                for word, part in parts.items()
            }
            name, labels = one.key
            listed.append(
                {
                    "id": one.id,
                    "name": name,
                    "labels": dict(labels),
                    "now": _number(self._now[number]),
                    "at": self.seconds,
                    "forecast": ahead,
                    "error": [
                        dict(zip(METHODS, map(_number, errors[horizon, :, number]), strict=True))
                        for horizon in range(len(errors))
                    ],
                    "proven": proven[:, number].tolist(),
                    "ahead": self._line_ahead(number, floor) if proven[1, number] else {},
                }
            )
        return listed

    def _line_ahead(self, number: int, floor: float) -> dict[str, list[float]]:
        line = self._ahead.line(number, self.seconds or 0.0)
        times = {"timestamps": line.pop("timestamps")}  # of which every digit counts
        return times | {
            word: [_number(max(v, floor)) or 0.0 for v in vs] for word, vs in line.items()
        }

    def _skill(self) -> list[dict[str, Any]]:
        errors, counts = self.skill.compared()
        horizons = (1, self.field.shape.ahead)
        return [
            {
                "seconds": steps * self.plan.step,
                "compared": int(counts[number]),
                "error": dict(zip(METHODS, map(_number, errors[number]), strict=True)),
            }
            for number, steps in enumerate(horizons)
        ]


def _told(surprise: Surprise, floor: float, series_id: int) -> Surprise:
    expected, low = max(surprise.expected, floor), max(surprise.low, floor)
    return surprise._replace(series=series_id, expected=expected, low=low)


def _read_note(note: Note) -> tuple[Plan, list[SeriesKey]]:
    try:
        keys = [series_key(name, dict(labels)) for name, labels in note["series"]]
        plan = Plan(
            int(note["field_size"]), int(note["seed"]), tuple(note["match"]), float(note["step"])
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidError(f"The model file does not say what it watches: {error}.") from None
    return plan, keys


def _number(value: float) -> float | None:
    """Round for people; None for what is not known."""
    return float(f"{value:.{_SHOWN_DIGITS}g}") if np.isfinite(value) else None
