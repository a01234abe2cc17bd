"""The default detector for one sample each of many series: ``single``, column by column.

Each function here follows the method of the same name in ``single.SeriesDetector``, operation by
operation, so that both round alike. ``s`` holds the numbers of the series at hand, one array each,
and is changed in place; the tables are reached by flat places.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quadra.anomalies import parameters as p
from quadra.anomalies.column_tables import Tables, place_of

Values = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Numbers = dict[str, Values]


class Now(NamedTuple):
    """The samples at hand: place of the series in the tables, scaled value, time and its slots."""

    rows: Ints
    x: Values
    weight: Values
    age_h: Values
    day: Ints
    week: Ints
    known: Mask
    usual: Values


class Bands(NamedTuple):
    """What a band is made of; see ``band``."""

    season_on: Mask
    season_size: Values
    centre: Values
    before: Values


def scaled(s: Numbers, v: Values) -> Values:
    """Give the values less the first, in units near the first step."""
    x = v - s["first"]
    fresh = np.flatnonzero((s["unit"] == 0.0) & (x != 0.0))
    if len(fresh):
        exponent = np.where(np.isfinite(x[fresh]), np.frexp(x[fresh])[1], 1000)
        s["unit"][fresh] = np.ldexp(1.0, np.clip(-exponent, -1000, 1000))
    return np.clip(np.where(x == 0.0, 0.0, x * s["unit"]), -p.FAR, p.FAR)


def enter(s: Numbers, tables: Tables, rows: Ints, day: Ints, week: Ints) -> tuple[Mask, Values]:
    """Close the slots that were left; say which series know this time of day, and its mean."""
    left = np.flatnonzero(s["day"] != day)
    if len(left):
        full = left[s["day_rows"][left] > 0.0]
        _close_day(
            s, tables, full, place_of(tables.day_seen, rows[full], s["day"][full].astype(np.int64))
        )
        s["day"][left] = day[left]
        s["day_sum"][left] = s["day_rows"][left] = s["swing"][left] = 0.0
    left = np.flatnonzero(s["week"] != week)
    if len(left):
        full = left[s["week_rows"][left] > 0.0]
        _close_week(
            s,
            tables,
            full,
            place_of(tables.week_seen, rows[full], s["week"][full].astype(np.int64)),
        )
        s["week"][left] = week[left]
        s["week_sum"][left] = s["week_rows"][left] = 0.0
    place = place_of(tables.day_seen, rows, day)
    known = tables.day_seen.ravel()[place] > 0
    return known, np.where(known, tables.day_mean.ravel()[place].astype(np.float64), 0.0)


def _close_day(s: Numbers, tables: Tables, full: Ints, place: Ints) -> None:
    days = tables.day_seen.ravel()[place].astype(np.float64)
    old = tables.day_mean.ravel()[place].astype(np.float64)
    mean = s["day_sum"][full] / s["day_rows"][full]
    share = np.maximum(1.0 / p.DAYS, 1.0 / (days + 1.0))
    tables.day_mean.ravel()[place] = old + share * (mean - old)
    swing = tables.day_swing.ravel()[place].astype(np.float64)
    share = np.maximum(1.0 / p.HABIT_DAYS, 1.0 / (days + 1.0))
    tables.day_swing.ravel()[place] = swing + share * (s["swing"][full] - swing)
    tables.day_seen.ravel()[place] = np.minimum(255.0, days + 1.0).astype(np.uint8)


def _close_week(s: Numbers, tables: Tables, full: Ints, place: Ints) -> None:
    weeks = tables.week_seen.ravel()[place].astype(np.float64)
    old = tables.week_mean.ravel()[place].astype(np.float64)
    mean = s["week_sum"][full] / s["week_rows"][full]
    share = np.maximum(1.0 / p.WEEKS, 1.0 / (weeks + 1.0))
    tables.week_mean.ravel()[place] = old + share * (mean - old)
    tables.week_seen.ravel()[place] = np.minimum(255.0, weeks + 1.0).astype(np.uint8)


def season(s: Numbers, tables: Tables, now: Now) -> tuple[Values, Bands]:
    """Score the distance from what this time of day or week usually brings, and learn it."""
    place = place_of(tables.week_seen, now.rows, now.week)
    weekly = (tables.week_seen.ravel()[place] > 1) & now.known
    week_usual = tables.week_mean.ravel()[place].astype(np.float64)
    by_week = weekly & (s["week_count"] > p.WEEK_WARM) & (s["week_error"] < s["day_error"])
    error = np.where(by_week, s["week_error"], s["day_error"])
    centre = np.where(by_week, week_usual, now.usual)
    before = np.where(now.known, s["apart"], 0.0)
    apart = np.where(now.known, before + p.SMOOTH * (now.x - centre - before), 0.0)
    s["apart"][:] = apart
    size = np.sqrt(s["apart_square"])
    ready = now.known & (s["apart_count"] > p.SEASON_WARM)
    ready &= s["apart_square"] > p.ROUNDING * s["spread"]
    on = ready & (error < p.EXPLAINED * s["spread"]) & (s["apart_mean"] > p.REGULAR * size)
    away = np.abs(apart)
    score = np.where(on, away / size / p.SEASON, 0.0)
    away = np.where(ready, np.minimum(p.CLIP * size, away), away)
    w = np.maximum(now.weight / p.LONG, 1.0 / (s["apart_count"] + 1.0)) * now.known
    s["apart_square"] += w * (away * away - s["apart_square"])
    s["apart_mean"] += w * (away - s["apart_mean"])
    s["apart_count"] += now.known
    for name, usual, there in (("day", now.usual, now.known), ("week", week_usual, weekly)):
        off = now.x - usual
        count = s[f"{name}_count"]
        w = np.maximum(now.weight / p.MOMENT, 1.0 / (count + 1.0)) * there
        s[f"{name}_error"] += w * (off * off - s[f"{name}_error"])
        count += there
    return score, Bands(on, size, centre, before)


def jump(s: Numbers, tables: Tables, now: Now) -> tuple[Values, Values, Values]:
    """Score the step from the last value; give what was expected and how far off it may be."""
    later = s["rows"] > 0.0
    plain = np.where(later, now.x - s["value"], 0.0)
    both = now.known & (s["known_before"] > 0.0) & later
    course = now.usual - s["usual_before"]
    rest = plain - course
    seasonal = both & (s["rest_size"] < s["plain_size"])
    step = np.where(seasonal, rest, plain)
    expected = np.where(seasonal, s["value"] + course, s["value"])
    share = p.CHOICE * both
    s["rest_size"] += share * (np.abs(rest) - s["rest_size"])
    s["plain_size"] += share * (np.abs(plain) - s["plain_size"])
    size = np.abs(step)
    ready = (s["rows"] >= p.WARM) & (s["step_square"] > 0.0)
    swings = tables.day_swing.ravel()
    before, here, after = (
        swings[place_of(tables.day_swing, now.rows, (now.day + more) % p.DAY_SLOTS)]
        for more in (-1, 0, 1)
    )
    here = np.maximum(np.maximum(here, before), after)
    swing = np.where(now.known, here.astype(np.float64) * p.SWING, s["largest"] * p.LARGEST)
    usual = np.maximum(s["step_square"], p.LATELY_SHARE * s["step_lately"])
    scale = np.sqrt(usual + swing * swing)
    regular = np.minimum(1.0, s["step_mean"] / np.sqrt(s["step_square"]) / p.REGULAR)
    asked = p.JUMP * (1.0 + p.JUMP_FAST * (1.0 - now.weight)) * scale
    score = np.where(ready, size / asked * (regular * regular), 0.0)
    half = np.where(ready & (regular > 0.0), asked / (regular * regular), np.inf)
    w = np.maximum(1.0 / (s["rows"] + 1.0), 1.0 / p.LONG) * later
    s["step_square"] += w * (size * size - s["step_square"])
    s["step_mean"] += w * (size - s["step_mean"])
    s["step_lately"] += p.LATELY * later * (size * size - s["step_lately"])
    plain = np.abs(plain)
    np.maximum(s["swing"], plain, out=s["swing"])
    s["largest"][:] = np.maximum(plain, s["largest"] * p.FADE)
    return score, expected, half


def drift(s: Numbers, now: Now) -> Values:
    """Score a quick mean against a slow one."""
    level = now.x - now.usual
    turned = now.known != (s["known_before"] > 0.0)
    np.copyto(s["quick"], level, where=turned)
    np.copyto(s["slow"], level, where=turned)
    one = 1.0 / (s["rows"] + 1.0)
    s["quick"] += np.maximum(p.QUICK, one) * (level - s["quick"])
    size = np.abs(s["quick"] - s["slow"])
    ready = (s["rows"] >= p.WARM) & (s["drift_square"] > p.ROUNDING * s["spread"])
    root = np.sqrt(s["drift_square"])
    steps = s["step_mean"] / np.sqrt(s["step_square"])  # NaN for none, which fmin passes over
    regular = np.minimum(1.0, np.fmin(s["drift_mean"] / root, steps) / p.REGULAR)
    asked = p.DRIFT * (1.0 - p.DRIFT_FAST * (1.0 - now.weight))
    score = np.where(ready, size / root * (regular * regular) / asked, 0.0)
    size = np.where(ready, np.minimum(size, p.DRIFT_CLIP * root), size)
    w = np.maximum(one, 1.0 / p.LONG)
    s["drift_square"] += w * (size * size - s["drift_square"])
    s["drift_mean"] += w * (size - s["drift_mean"])
    s["slow"] += np.maximum(p.SLOW, one) * (level - s["slow"])
    return score


def remember(s: Numbers, now: Now) -> None:
    """Learn moments, and where the series stands."""
    s["rows"] += 1.0
    w = 1.0 / s["rows"]
    off = now.x - s["mean"]
    s["mean"] += w * off
    s["square"][:] = (1.0 - w) * (s["square"] + w * (off * off))
    w = np.maximum(now.weight / p.MOMENT, w)
    off = now.x - s["centre_lately"]
    s["centre_lately"] += w * off
    s["spread"][:] = (1.0 - w) * (s["spread"] + w * (off * off))
    for name in ("day", "week"):
        s[f"{name}_sum"] += now.x
        s[f"{name}_rows"] += 1.0
    s["value"][:] = now.x
    s["usual_before"][:] = now.usual
    s["known_before"][:] = now.known


def alert(s: Numbers, evidence: Values) -> Values:
    """Hold back what follows the onset of an alert."""
    s["quiet"] += 1.0
    held = (s["quiet"] <= p.QUIET) & (evidence <= p.LOUDER * s["loud"])
    score = np.where(held, np.minimum(evidence, p.HELD), evidence)
    strong = evidence >= p.ALERT
    np.copyto(s["quiet"], 0.0, where=strong)
    np.copyto(s["loud"], evidence, where=strong & (score >= p.ALERT))
    return score


def band(
    s: Numbers, bands: Bands, low: Values, high: Values, expected: Values, half: Values
) -> tuple[Values, Values]:
    """Give the values between which the samples would have been usual, in their own unit."""
    reach = p.SEASON * bands.season_size
    middle = bands.centre + bands.before
    bottom = np.maximum(low, middle - (reach + bands.before) / p.SMOOTH)
    top = np.minimum(high, middle + (reach - bands.before) / p.SMOOTH)
    fits = bands.season_on & (bottom <= top)
    low, high = np.where(fits, bottom, low), np.where(fits, top, high)
    bottom, top = np.maximum(low, expected - half), np.minimum(high, expected + half)
    fits = bottom <= top
    low, high = np.where(fits, bottom, low), np.where(fits, top, high)
    return restored(s, low), restored(s, high)


def restored(s: Numbers, x: Values) -> Values:
    """Undo ``scaled``."""
    most = np.finfo(np.float64).max
    flat = s["unit"] == 0.0
    return np.where(flat, s["first"], np.clip(x / s["unit"] + s["first"], -most, most))
