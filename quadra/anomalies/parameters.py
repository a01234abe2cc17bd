"""The one setting of the default detector: what each number is and why it is so.

All were set once, to round numbers in the middle of a flat stretch, on public labelled metrics
(docs/detection.md tells which, and how little the result depends on each). Scores are in units of
the alert threshold: 1 and more is an alert.

Rows count where evidence counts, time where the rate of false alerts counts: a row weighs
``min(1, seconds since the last row / ROW_S)``, so that a series that is read each second may not
err sixty times as often as one that is read each minute.
"""

from __future__ import annotations

from typing import Final

ALERT: Final = 1.0
ROW_S: Final = 60.0

# --- history
WARM: Final = 100
"""Rows before anything may be called an anomaly."""
LONG: Final = 10_000
"""Rows over which what is usual is remembered; less at first, then all rows count alike."""
MOMENT: Final = 1_000
"""Rows over which the seasons have to prove themselves."""

# --- jump: one step of the series against its usual steps
JUMP: Final = 4.0
"""Steps (root mean square) to an alert, for rows a minute or more apart."""
JUMP_FAST: Final = 0.5
"""How much more for a series that is read without pause: it has more rows to err in."""
SWING: Final = 0.5
"""Share of the largest step that this time of day brings, on the mean of days, that is usual."""
HABIT_DAYS: Final = 5
"""Days of that mean: what comes daily is a habit after two or three, what came once is none."""
LARGEST: Final = 0.25
"""Share of the largest step seen lately, while this time of day has not been met."""
LATELY: Final = 0.01
"""Weight of a new row in the recent step size."""
LATELY_SHARE: Final = 0.5
"""A step must also stand out from the recent ones, by this share of their square."""
FADE: Final = 0.999
"""What is left of that largest step after a row."""
REGULAR: Final = 0.6
"""Mean over root mean square of the steps: 0.80 for Gaussian noise, 0.71 for Laplace's.

Below this a series is made of rare spikes; the root mean square then says little about what is
unusual, and the detectors that rely on it step back with the square of what is missing.
"""
ROUNDING: Final = 1e-12
"""Share of the variance below which what is left is rounding, as of a course without any noise."""
CHOICE: Final = 0.002
"""Weight of a new row when steps with and without the daily course are compared."""

# --- drift: a quick mean against a slow one
DRIFT: Final = 8.0
DRIFT_FAST: Final = 0.375
"""How much less for a series that is read without pause: what it measures wanders by the minute,
not by the row."""
DRIFT_CLIP: Final = 8.0
QUICK: Final = 0.1
SLOW: Final = 0.01

# --- season: distance from the usual at this time of day or week
DAY_MS: Final = 300_000
DAY_SLOTS: Final = 288
WEEK_MS: Final = 3_600_000
WEEK_SLOTS: Final = 168
DAYS: Final = 10
"""Days over which the course of a day is averaged."""
WEEKS: Final = 5
SEASON: Final = 5.0
SMOOTH: Final = 0.2
"""Weight of a new row in the distance from the season: one odd row is for the others to tell."""
EXPLAINED: Final = 0.8
"""The season counts while what it leaves unexplained is below this share of the variance."""
SEASON_WARM: Final = 300
WEEK_WARM: Final = 500
CLIP: Final = 4.0
"""Sizes beyond which a distance teaches nothing about the usual distance."""

# --- novelty: distance from all values ever seen
NOVELTY: Final = 0.125
"""Standard deviations from the nearest value seen to an alert, in the long run."""
NOVELTY_AGE_H: Final = 24.0
"""A young series sees new values all the time: the distance asked is (1 + this / age) times."""
ROWS_AN_HOUR: Final = 3_600.0 / ROW_S
"""Rows of a young series count for no more than its minutes: one odd second is no news yet."""
LANDMARKS: Final = 128
SPACING: Final = 0.05
"""Standard deviations between values that are worth keeping apart."""
ALIKE: Final = 1.01
"""Gaps between landmarks that differ by less are equal: no choice may hang on a last bit."""
PENALTY: Final = 3.0
"""An alert for novelty makes the next one this much harder, then it is forgiven."""
FORGIVE: Final = 500.0
"""Row weights over which it is forgiven."""
REFRACTORY: Final = 50.0
"""Row weights after it in which only a louder one counts."""

# --- alerts
QUIET: Final = 5
"""Rows without evidence that end an alert; within, no second one is raised."""
LOUDER: Final = 2.0
"""Unless it is this much louder than the first."""
HELD: Final = 0.99
"""The score of a row whose evidence is that of an alert already given."""

FAR: Final = 1e30
"""Bound of values in units of the first step, so that squares stay finite."""

DETECTORS: Final = ("none", "jump", "drift", "season", "novelty", "shift", "silence", "forecast")
"""The names that results give by number; the first where nothing speaks, the last three only
in what watches all series (``observer``)."""
