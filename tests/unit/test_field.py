"""The field: what it learns, that it stays sound, and that it survives being kept."""

from __future__ import annotations

import io
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quadra.field.field import WARM_UP_STEPS, Field, Shape
from quadra.field.model_file import MAX_BYTES, ModelFileError, checksum, dump, load
from quadra.field.readout import FORGETTING, Readout
from quadra.field.reservoir import Matrix, make_reservoir, spectral_radius

SMALL = Shape(series=3, size=32, seed=7, ahead=5)


def waves(steps: int, series: int = 3, seed: int = 1) -> Matrix:
    random = np.random.default_rng(seed)
    t = np.arange(steps)[:, None]
    return (
        np.sin(t / (7 + 3 * np.arange(series))) * (1 + np.arange(series))
        + 0.05 * random.standard_normal((steps, series))
        + 10 * np.arange(series)
    )


def trained(values: Matrix, shape: Shape = SMALL) -> Field:
    field = Field(shape)
    for number, row in enumerate(values):
        field.train(10.0 * number, row)
    return field


def test_the_couplings_hang_on_the_seed_alone() -> None:
    first, again, other = (make_reservoir(64, 5, seed) for seed in (3, 3, 4))
    assert np.array_equal(first.w, again.w)
    assert np.array_equal(first.w_in, again.w_in)
    assert not np.array_equal(first.w, other.w)


@pytest.mark.parametrize("size", [16, 64, 128])
def test_the_spectral_radius_is_that_of_the_eigenvalues(size: int) -> None:
    w = make_reservoir(size, 2, 1).w
    expected = float(np.abs(np.linalg.eigvals(w)).max())
    assert expected == pytest.approx(spectral_radius(w), rel=0.03)
    assert 0.9 == pytest.approx(expected, rel=0.03)


def test_a_step_of_the_reservoir_is_a_pure_function() -> None:
    reservoir = make_reservoir(32, 4, 1)
    state, inputs = np.linspace(-1, 1, 32), np.ones(4)
    kept = state.copy()
    first = reservoir.step(state, inputs)
    assert np.array_equal(first, reservoir.step(state, inputs))
    assert np.array_equal(kept, state)
    expected = 0.7 * state + 0.3 * np.tanh(
        reservoir.w @ state + reservoir.w_in @ inputs + reservoir.bias
    )
    np.testing.assert_allclose(expected, first)


def test_an_old_state_fades() -> None:
    reservoir = make_reservoir(64, 2, 1)
    a, b = np.ones(64), -np.ones(64)
    for number in range(300):
        inputs = np.array([math.sin(number), math.cos(number)])
        a, b = reservoir.step(a, inputs), reservoir.step(b, inputs)
    assert 0.0 == pytest.approx(float(np.abs(a - b).max()), abs=1e-6)


def test_the_readout_finds_what_weighted_least_squares_finds() -> None:
    random = np.random.default_rng(0)
    features, truth = random.standard_normal((400, 6)), np.array([1.0, -2.0, 0.5, 0, 3, -1])
    outcome = features @ truth + 0.1 * random.standard_normal(400)
    readout = Readout(6, 1, 1)
    for z, y in zip(features, outcome, strict=True):
        error = np.array([y]) - readout.predict(z)[0]
        readout.learn(0, error, readout.gain(z))
    weight = FORGETTING ** np.arange(399, -1, -1)
    ridge = FORGETTING**400 * np.eye(6)
    expected = np.linalg.solve(
        (features * weight[:, None]).T @ features + ridge, (features * weight[:, None]).T @ outcome
    )
    np.testing.assert_allclose(expected, readout.weights[0, 0], rtol=1e-6)


def test_it_foretells_waves_far_better_than_no_change() -> None:
    values = waves(1500)
    field = Field(SMALL)
    errors: list[tuple[float, float]] = []
    for number, row in enumerate(values[:-5]):
        field.train(10.0 * number, row)
        if number > 1000:
            forecast = field.forecast().value
            errors.append(
                (
                    float(np.mean((forecast[1] - values[number + 5]) ** 2)),
                    float(np.mean((row - values[number + 5]) ** 2)),
                )
            )
    mine, no_change = np.mean(errors, axis=0)
    assert mine < 0.1 * no_change


def test_the_band_holds_about_four_in_five() -> None:
    values = waves(3000)
    field = Field(SMALL)
    inside = []
    for number, row in enumerate(values[:-1]):
        field.train(10.0 * number, row)
        if number > 1500:
            forecast = field.forecast()
            following = values[number + 1]
            inside.append((forecast.low[0] <= following) & (following <= forecast.high[0]))
    assert 0.8 == pytest.approx(float(np.mean(inside)), abs=0.1)


def test_the_same_samples_make_the_same_field() -> None:
    assert dump(trained(waves(200))) == dump(trained(waves(200)))


def test_loss_reward_and_variance_are_told() -> None:
    field = Field(SMALL)
    steps = [field.train(10.0 * n, row) for n, row in enumerate(waves(300))]
    assert math.isnan(steps[WARM_UP_STEPS - 1].loss)
    late = steps[-1]
    assert late.reward == pytest.approx(1 / (1 + late.loss))
    assert 0 < late.variance < 1
    assert steps[-1].loss < 0.2
    assert 300 == field.iteration


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.lists(
            st.one_of(
                st.just(math.nan),
                st.just(math.inf),
                st.just(-math.inf),
                st.just(0.0),
                st.floats(-1e12, 1e12),
                st.floats(allow_nan=True, allow_infinity=True),
            ),
            min_size=3,
            max_size=3,
        ),
        max_size=60,
    )
)
def test_no_value_poisons_it(rows: list[list[float]]) -> None:
    field = trained(waves(50))
    with np.errstate(over="ignore", invalid="ignore"):
        for number, row in enumerate(rows):
            field.train(500.0 + 10 * number, np.array(row))
        for number, row in enumerate(waves(50)):
            field.train(2000.0 + 10 * number, row)
    assert np.isfinite(field.state).all()
    assert np.isfinite(field.readout.weights).all()
    assert np.isfinite(field.readout.p).all()


def test_a_flat_series_is_foretold_flat() -> None:
    field = trained(np.full((300, 3), 5.0))
    np.testing.assert_allclose(np.full((2, 3), 5.0), field.forecast().value)


def test_a_gap_teaches_nothing_and_the_forecast_goes_on() -> None:
    values = waves(400)
    field = trained(values)
    weights = field.readout.weights.copy()
    for number in range(3):
        step = field.train(4000.0 + 10 * number, np.full(3, np.nan))
        assert math.isnan(step.loss)
    assert np.array_equal(weights, field.readout.weights)
    assert np.isfinite(field.forecast().value).all()


def test_after_an_interruption_nothing_is_learned_from_before_it() -> None:
    field = trained(waves(400))
    weights = field.readout.weights.copy()
    field.interrupt()
    field.train(90_000.0, np.array([1e6, -1e6, 1e6]))
    assert np.array_equal(weights, field.readout.weights)


def test_divergence_is_noticed() -> None:
    field = trained(waves(100))
    assert not field.diverged
    field.readout.weights[0, 0, 0] = np.inf
    assert field.diverged


@given(st.integers(0, 120), st.integers(0, 40))
@settings(max_examples=8, deadline=None)
def test_a_kept_field_goes_on_as_if_nothing_had_been(before: int, after: int) -> None:
    values = waves(before + after)
    straight = trained(values)
    resumed, note = load(dump(trained(values[:before]), {"step": 1.5}))
    assert {"step": 1.5} == note
    for number, row in enumerate(values[before:]):
        resumed.train(10.0 * (before + number), row)
    assert dump(straight) == dump(resumed)


def test_a_damaged_file_is_refused() -> None:
    content = dump(trained(waves(100)))
    noted = checksum(content)
    damaged = bytearray(content)
    damaged[len(damaged) // 2] ^= 1
    with pytest.raises(ModelFileError, match="SHA-256"):
        load(bytes(damaged), noted)


def _npz(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]  # what a stranger would put in
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        _npz(a=np.zeros(3)),
        _npz(about=np.array([{"a": 1}], dtype=object)),
        _npz(about=np.frombuffer(json.dumps({"format": 99}).encode(), np.uint8)),
        _npz(about=np.frombuffer(b"[]", np.uint8)),
        dump(Field(SMALL))[:-30],
    ],
    ids=["empty", "nonsense", "foreign", "pickle", "other format", "no object", "cut off"],
)
def test_a_foreign_file_is_refused(content: bytes) -> None:
    with pytest.raises(ModelFileError, match="model file"):
        load(content)


def test_a_small_file_that_unpacks_to_much_is_refused_unread() -> None:
    packed = io.BytesIO()
    np.savez_compressed(packed, about=np.zeros(MAX_BYTES + 1, np.uint8))
    assert len(packed.getvalue()) < MAX_BYTES / 100
    with pytest.raises(ModelFileError, match="unpacked it is too large"):
        load(packed.getvalue())


def test_a_file_with_a_part_of_another_shape_is_refused() -> None:
    with np.load(io.BytesIO(dump(Field(SMALL)))) as npz:
        arrays = dict(npz)
    arrays["state"] = np.zeros(31)
    with pytest.raises(ModelFileError, match="state"):
        load(_npz(**arrays))
