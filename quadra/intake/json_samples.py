"""Quadra's own JSON: a list of samples, or columns a series."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from quadra.errors import Fault, InvalidError, MalformedError
from quadra.intake.bounds import (
    MAX_FAULTS,
    MAX_SAMPLES_A_REQUEST,
    first_bad_time,
    time_fault,
)
from quadra.telemetry.batch import Batch
from quadra.telemetry.series import SeriesKey, SeriesRules, series_key

_NUMBERS = {int, float}
_REASONS = {
    "name": "bad_labels",
    "labels": "bad_labels",
    "value": "bad_value",
    "values": "bad_value",
    "timestamp": "bad_time",
    "timestamps": "bad_time",
}


def parse_samples(body: bytes, now: float, rules: SeriesRules) -> Batch:
    """Read a request; ``now`` (unix seconds) stands in where a sample names no time.

    Raises MalformedError when it is not JSON, InvalidError with the place of each fault.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        msg = f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        raise MalformedError(msg, code="bad_json") from None
    if isinstance(document, dict):
        samples, series = document.get("samples"), document.get("series")
        if isinstance(samples, list) and series is None:
            return _Rows(now, rules).read(samples)
        if isinstance(series, list) and samples is None:
            holds_booleans = b"true" in body or b"false" in body
            return _ColumnsReader(now, rules, strict=holds_booleans).read(series)
    msg = 'Send {"samples": [{"name", "labels", "value", "timestamp"}]} or {"series": […]}.'
    raise InvalidError(msg, faults=(Fault(None, "samples", "a list is needed"),))


class _Reader:
    """What both forms share: the keys found so far, and the faults."""

    def __init__(self, now: float, rules: SeriesRules) -> None:
        self.now = now
        self.rules = rules
        self.faults: list[Fault] = []
        self.numbers: dict[SeriesKey, int] = {}
        self.places: list[int] = []  # of each of these, the item that named it first

    def number_of(self, item: dict[str, Any], index: int) -> int:
        """Give the place of the item's series among the keys; -1 when it has a fault."""
        name, labels = item.get("name"), item.get("labels")
        if not isinstance(name, str):
            return self.fault(index, "name", "a text is needed")
        if labels is None:
            labels = {}
        elif not isinstance(labels, dict):
            return self.fault(index, "labels", "an object of texts is needed")
        key = series_key(name, labels)
        try:
            known = self.numbers.get(key)
        except TypeError:  # a label value that is a list or an object
            known = None
        if known is not None:
            return known
        pairs: tuple[tuple[str, Any], ...] = key[1]
        for label, value in pairs:
            if not isinstance(value, str):
                return self.fault(index, f"labels.{label[:60]}", "a text is needed")
        found = self.rules.faults(key, index)
        if found:
            self.faults.extend(found)
            self.stop_when_many()
            return -1
        number = self.numbers[key] = len(self.numbers)
        self.places.append(index)
        return number

    def check(self, item: dict[str, Any], index: int) -> None:
        """Note the faults of an item's series without taking it up."""
        kept = self.numbers, self.places
        self.numbers, self.places = {}, []
        self.number_of(item, index)
        self.numbers, self.places = kept

    def fault(self, index: int, field: str, reason: str) -> int:
        self.faults.append(Fault(index, field, reason))
        self.stop_when_many()
        return -1

    def stop_when_many(self) -> None:
        if len(self.faults) >= MAX_FAULTS:
            self.raise_faults()

    def raise_faults(self) -> None:
        """Refuse the request when any fault was found."""
        if self.faults:
            first = self.faults[0]
            msg = f"Nothing was stored. First fault: {first.field} of item {first.index}: "
            msg += f"{first.reason}."
            reason = _REASONS.get(first.field.partition(".")[0])
            raise InvalidError(msg, faults=tuple(self.faults), reason=reason)

    def refuse_many(self, count: int) -> None:
        if count > MAX_SAMPLES_A_REQUEST:
            msg = f"More than {MAX_SAMPLES_A_REQUEST} samples in one request; send them in parts."
            raise InvalidError(msg, code="too_many_samples")


class _Rows(_Reader):
    def read(self, items: Sequence[object]) -> Batch:
        self.refuse_many(len(items))
        index: list[int] = []
        times: list[float] = []
        values: list[float] = []
        for i, item in enumerate(items):
            if not isinstance(item, dict):
                self.fault(i, "", "an object with name and value is needed")
                continue
            number = self.number_of(item, i)
            value: Any = item.get("value")
            seconds: Any = item.get("timestamp")
            if type(value) not in _NUMBERS:
                self.fault(i, "value", "a number is needed")
                continue
            if seconds is None:
                seconds = self.now
            elif type(seconds) not in _NUMBERS:
                self.fault(i, "timestamp", "a number of unix seconds is needed")
                continue
            elif reason := time_fault(seconds, self.now):
                self.fault(i, "timestamp", reason)
                continue
            index.append(number)
            times.append(seconds)
            values.append(value)
        self.raise_faults()
        return Batch(
            tuple(self.numbers),
            np.array(index, np.uint32),
            np.rint(np.array(times, np.float64) * 1000).astype(np.int64),
            np.array(values, np.float64),
            places=tuple(self.places),
        )


class _ColumnsReader(_Reader):
    """Reads columns; ``strict`` where the document holds a boolean, which passes for a number."""

    def __init__(self, now: float, rules: SeriesRules, *, strict: bool) -> None:
        super().__init__(now, rules)
        self.strict = strict

    def doubles(self, column: object) -> array[float] | None:
        """Give a list of numbers as doubles; None when it is something else."""
        if not isinstance(column, list):
            return None
        if self.strict and not set(map(type, column)) <= _NUMBERS:
            return None
        try:
            return array("d", column)
        except TypeError:
            return None

    def read(self, items: Sequence[object]) -> Batch:
        self.refuse_many(len(items))
        index: list[int] = []
        places: list[int] = []
        lengths: list[int] = []
        times, values = array("d"), array("d")
        for i, item in enumerate(items):
            if not isinstance(item, dict):
                self.fault(i, "", "an object with name, timestamps and values is needed")
                continue
            column = item.get("values")
            seconds = item.get("timestamps")
            if column == [] and (seconds is None or seconds == []):
                self.check(item, i)  # a series without a sample is none, and has to be one
                continue
            number = self.number_of(item, i)
            v = self.doubles(column)
            if v is None:
                self.fault(i, "values", "a list of numbers is needed")
                continue
            if seconds is None and len(v) == 1:
                seconds = [self.now]
            t = self.doubles(seconds)
            if t is None:
                self.fault(i, "timestamps", "a list of unix seconds is needed")
                continue
            if len(t) != len(v):
                self.fault(i, "timestamps", f"{len(t)} times for {len(v)} values")
                continue
            index.append(max(number, 0))
            places.append(i)
            lengths.append(len(v))
            times.extend(t)
            values.extend(v)
            self.refuse_many(len(values))
        moments = np.array(times, np.float64)
        owner = np.repeat(np.arange(len(lengths)), lengths)
        bad = first_bad_time(moments, self.now)
        if bad is not None:
            place = bad - sum(lengths[: owner[bad]])
            reason = time_fault(times[bad], self.now) or "not a time"
            self.fault(places[owner[bad]], f"timestamps.{place}", reason)
        self.raise_faults()
        return Batch(
            tuple(self.numbers),
            np.array(index, np.uint32)[owner],
            np.rint(moments * 1000).astype(np.int64),
            np.array(values, np.float64),
            places=tuple(self.places),
        )
