"""The default detector for one series, one sample at a time; standard library only.

Four detectors look at each sample, and the loudest is heard:

* **jump**: the step from the last value against the usual steps, less what the course of the day
  explains, and against the largest step that this time of day usually brings;
* **drift**: a quick mean against a slow one;
* **season**: the distance from what this time of day (or week) usually brings;
* **novelty**: the distance from the nearest value ever seen.

``columns.ColumnDetector`` is the same for many series at once. It is held equal to this one bit
by bit, so both do the same operations in the same order, and nothing but what IEEE 754 rounds
exactly: no logarithm, no power.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from quadra.anomalies import parameters as p
from quadra.anomalies.single_novelty import NoveltyState


class Judgement(NamedTuple):
    """What the detector says of one sample.

    ``score``: 1 and more is an alert, given once at its onset. ``evidence``: the same without
    holding back what follows the onset. ``low``, ``high``: the values between which nothing would
    have been said. ``confidence``: 0 to 1. ``detector``: one of ``parameters.DETECTORS``. All
    numbers are 0 for what is no value.
    """

    score: float
    evidence: float
    low: float
    high: float
    confidence: float
    detector: str


class SeriesDetector(NoveltyState):
    """Learns one series and says how unusual each sample is. Bounded: some 5 KB."""

    __slots__ = ()

    def score_one(self, t: int, v: float) -> Judgement:
        """Judge the sample that might come next, and learn nothing.

        ``t`` is in unix ms, not before that of the last sample. A ``v`` that is not finite is no
        value: its score is 0.
        """
        return self.copy().judge_one(t, v)

    def judge_one(self, t: int, v: float) -> Judgement:
        """Judge the next sample and learn it; see ``score_one``."""
        score = self.learn_one(t, v)
        if not math.isfinite(v):
            return Judgement(0.0, 0.0, 0.0, 0.0, 0.0, p.DETECTORS[0])
        rows = self.rows - 1.0
        square = self.evidence * self.evidence
        sure = square / (1.0 + square) * (rows / (rows + p.WARM))
        return Judgement(score, self.evidence, *self.band(), sure, p.DETECTORS[self.detector])

    def learn_one(self, t: int, v: float) -> float:
        """Learn the next sample and give its score; see ``score_one``."""
        if not math.isfinite(v):
            return 0.0
        if self.rows == 0.0:
            self.first, self.born, self.last_t = v, t, t
        x = self._scaled(v)
        gap = (t - self.last_t) / 1000.0
        weight = 1.0 if gap >= p.ROW_S else gap / p.ROW_S if gap > 0.0 else 0.0
        self._enter(t)
        evidence, detector = self._season(x, weight), 3
        other = self._jump(x, weight)
        if other >= evidence:
            evidence, detector = other, 1
        other = self._drift(x, weight)
        if other > evidence:
            evidence, detector = other, 2
        other = self.novelty(x, (t - self.born) / 3.6e6, weight)
        if other > evidence:
            evidence, detector = other, 4
        self.evidence = evidence
        self.detector = detector if evidence > 0.0 else 0
        self._remember(x, t, weight)
        return self._alert(evidence)

    def _scaled(self, v: float) -> float:
        """Give the value less the first, in units near the first step: affine changes vanish."""
        x = v - self.first
        if self.unit == 0.0 and x != 0.0:
            exponent = math.frexp(x)[1] if math.isfinite(x) else 1000
            self.unit = math.ldexp(1.0, max(-1000, min(1000, -exponent)))
        if x == 0.0:
            return 0.0
        x *= self.unit
        return x if -p.FAR < x < p.FAR else math.copysign(p.FAR, x)

    def _enter(self, t: int) -> None:
        """Note the slots of day and week that ``t`` is in; close those that it left."""
        day = t // p.DAY_MS % p.DAY_SLOTS
        if day != self.day:
            if self.day_rows > 0.0:
                k, days = self.day, self.day_seen[self.day]
                mean = self.day_sum / self.day_rows
                self.day_mean[k] += max(1.0 / p.DAYS, 1.0 / (days + 1.0)) * (
                    mean - self.day_mean[k]
                )
                self.day_swing[k] += max(1.0 / p.HABIT_DAYS, 1.0 / (days + 1.0)) * (
                    self.swing - self.day_swing[k]
                )
                self.day_seen[k] = min(255, days + 1)
            self.day = day
            self.day_sum = self.day_rows = self.swing = 0.0
        week = t // p.WEEK_MS % p.WEEK_SLOTS
        if week != self.week:
            if self.week_rows > 0.0:
                k, weeks = self.week, self.week_seen[self.week]
                mean = self.week_sum / self.week_rows
                self.week_mean[k] += max(1.0 / p.WEEKS, 1.0 / (weeks + 1.0)) * (
                    mean - self.week_mean[k]
                )
                self.week_seen[k] = min(255, weeks + 1)
            self.week = week
            self.week_sum = self.week_rows = 0.0
        self.known = self.day_seen[day] > 0
        self.usual = self.day_mean[day] if self.known else 0.0

    def _season(self, x: float, weight: float) -> float:
        if not self.known:
            self.apart = 0.0
            self.season_on = False
            return 0.0
        weekly = self.week_seen[self.week] > 1
        week_usual = self.week_mean[self.week]
        by_week = weekly and self.week_count > p.WEEK_WARM and self.week_error < self.day_error
        error = self.week_error if by_week else self.day_error
        day_usual = self.usual
        self.centre = week_usual if by_week else day_usual
        self.usual = self.centre  # by the week, where that is known and knows better
        self.before = self.apart
        self.apart += p.SMOOTH * (x - self.centre - self.apart)
        size = math.sqrt(self.apart_square)
        ready = self.apart_count > p.SEASON_WARM and self.apart_square > p.ROUNDING * self.spread
        self.season_on = (
            ready and error < p.EXPLAINED * self.spread and self.apart_mean > p.REGULAR * size
        )
        self.season_size = size
        away = abs(self.apart)
        score = away / size / p.SEASON if self.season_on else 0.0
        # What was seen teaches, but the anomalous only as much as CLIP sizes.
        if ready and away > p.CLIP * size:
            away = p.CLIP * size
        w = weight / p.LONG
        one = 1.0 / (self.apart_count + 1.0)
        w = one if one > w else w
        self.apart_square += w * (away * away - self.apart_square)
        self.apart_mean += w * (away - self.apart_mean)
        self.apart_count += 1.0
        off = x - day_usual
        w = weight / p.MOMENT
        one = 1.0 / (self.day_count + 1.0)
        w = one if one > w else w
        self.day_error += w * (off * off - self.day_error)
        self.day_count += 1.0
        if weekly:
            off = x - week_usual
            w = weight / p.MOMENT
            one = 1.0 / (self.week_count + 1.0)
            w = one if one > w else w
            self.week_error += w * (off * off - self.week_error)
            self.week_count += 1.0
        return score

    def _jump(self, x: float, weight: float) -> float:
        self.jump_half = math.inf
        if self.rows == 0.0:
            return 0.0
        plain = x - self.value
        step, expected = plain, self.value
        if self.known and self.known_before:
            course = self.usual - self.usual_before
            rest = plain - course
            if self.rest_size < self.plain_size:
                step, expected = rest, self.value + course
            self.rest_size += p.CHOICE * (abs(rest) - self.rest_size)
            self.plain_size += p.CHOICE * (abs(plain) - self.plain_size)
        size = abs(step)
        score = 0.0
        if self.rows >= p.WARM and self.step_square > 0.0:
            k = self.day
            swing = self.largest * p.LARGEST
            if self.known:
                swing = p.SWING * max(
                    self.day_swing[k],
                    self.day_swing[k - 1],
                    self.day_swing[k + 1 - p.DAY_SLOTS],
                )
            scale = math.sqrt(
                max(self.step_square, p.LATELY_SHARE * self.step_lately) + swing * swing
            )
            regular = self.step_mean / math.sqrt(self.step_square) / p.REGULAR
            regular = regular if regular < 1.0 else 1.0
            asked = p.JUMP * (1.0 + p.JUMP_FAST * (1.0 - weight)) * scale
            score = size / asked * (regular * regular)
            if regular > 0.0:
                self.jump_half = asked / (regular * regular)
        self.expected = expected
        w = 1.0 / (self.rows + 1.0)
        w = w if w > 1.0 / p.LONG else 1.0 / p.LONG
        self.step_square += w * (size * size - self.step_square)
        self.step_mean += w * (size - self.step_mean)
        self.step_lately += p.LATELY * (size * size - self.step_lately)
        plain = abs(plain)
        if plain > self.swing:
            self.swing = plain
        faded = self.largest * p.FADE
        self.largest = plain if plain > faded else faded
        return score

    def _drift(self, x: float, weight: float) -> float:
        level = x - self.usual
        if self.known != self.known_before:
            self.quick = self.slow = level
        one = 1.0 / (self.rows + 1.0)
        self.quick += (p.QUICK if one < p.QUICK else one) * (level - self.quick)
        size = abs(self.quick - self.slow)
        score = 0.0
        if self.rows >= p.WARM and self.drift_square > p.ROUNDING * self.spread:
            root = math.sqrt(self.drift_square)
            regular = self.drift_mean / root
            if self.step_square > 0.0:
                other = self.step_mean / math.sqrt(self.step_square)
                regular = other if other < regular else regular
            regular /= p.REGULAR
            regular = regular if regular < 1.0 else 1.0
            asked = p.DRIFT * (1.0 - p.DRIFT_FAST * (1.0 - weight))
            score = size / root * (regular * regular) / asked
            if size > p.DRIFT_CLIP * root:
                size = p.DRIFT_CLIP * root
        w = one if one > 1.0 / p.LONG else 1.0 / p.LONG
        self.drift_square += w * (size * size - self.drift_square)
        self.drift_mean += w * (size - self.drift_mean)
        self.slow += (p.SLOW if one < p.SLOW else one) * (level - self.slow)
        return score

    def _remember(self, x: float, t: int, weight: float) -> None:
        self.rows += 1.0
        w = 1.0 / self.rows
        off = x - self.mean
        self.mean += w * off
        self.square = (1.0 - w) * (self.square + w * (off * off))
        w = w if w > weight / p.MOMENT else weight / p.MOMENT
        off = x - self.centre_lately
        self.centre_lately += w * off
        self.spread = (1.0 - w) * (self.spread + w * (off * off))
        self.day_sum += x
        self.day_rows += 1.0
        self.week_sum += x
        self.week_rows += 1.0
        self.value, self.last_t = x, t
        self.usual_before, self.known_before = self.usual, self.known

    def _alert(self, evidence: float) -> float:
        self.quiet += 1.0
        held = self.quiet <= p.QUIET and evidence <= p.LOUDER * self.loud
        score = min(evidence, p.HELD) if held else evidence
        if evidence >= p.ALERT:
            self.quiet = 0.0
            if score >= p.ALERT:
                self.loud = evidence
        return score

    def band(self) -> tuple[float, float]:
        """Give the values between which the last sample would have been usual, in its unit."""
        low, high = self.floor - self.slack, self.ceiling + self.slack
        if self.season_on:
            reach = p.SEASON * self.season_size
            middle = self.centre + self.before
            bottom = max(low, middle - (reach + self.before) / p.SMOOTH)
            top = min(high, middle + (reach - self.before) / p.SMOOTH)
            if bottom <= top:
                low, high = bottom, top
        bottom = max(low, self.expected - self.jump_half)
        top = min(high, self.expected + self.jump_half)
        if bottom <= top:
            low, high = bottom, top
        if self.unit == 0.0:
            return self.first, self.first
        most = 1.7976931348623157e308
        low = max(-most, min(most, low / self.unit + self.first))
        return low, max(-most, min(most, high / self.unit + self.first))
