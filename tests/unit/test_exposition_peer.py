"""The reader against prometheus_client: its parsers, and what its writers write."""

from collections.abc import Callable, Iterable
from typing import Any

import prometheus_client
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Metric, parser
from prometheus_client.openmetrics import exposition as openmetrics_writer
from prometheus_client.openmetrics import parser as openmetrics_parser

from quadra.errors import MalformedError
from quadra.intake.exposition import PageReader
from quadra.telemetry.series import SeriesKey, SeriesRules, series_key
from tests.unit.fakes import NOW

T = int(NOW * 1000)

Sample = tuple[SeriesKey, str]
Parse = Callable[[str], Iterable[Metric]]

values = st.floats(allow_nan=True) | st.integers(-(10**15), 10**15).map(float)
names = st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,9}", fullmatch=True)
labels = st.from_regex(r"[a-z][a-zA-Z0-9_]{0,5}", fullmatch=True)
texts = st.text(max_size=12).map(lambda text: text.replace("\0", "0"))

# Its parser stumbles over quotes in a help text, and over one that is empty.
helps = st.text("ab é\\\n#{}", max_size=12).map("h".__add__)


def theirs(families: Iterable[Metric]) -> list[Sample]:
    return sorted(
        (series_key(s.name, s.labels), repr(float(s.value))) for f in families for s in f.samples
    )


def ours(text: str, *, openmetrics: bool, again: bool = False) -> list[Sample]:
    reader = PageReader(SeriesRules(max_labels=100), sample_limit=10_000)
    page = reader.read(text, T, openmetrics=openmetrics)
    if again:
        page = reader.read(text, T, openmetrics=openmetrics)
    assert {} == page.rejections.reasons
    keys = [reader.keys[slot] for slot in page.slots.tolist()]
    return sorted(zip(keys, map(repr, page.v.tolist()), strict=True))


@st.composite
def registries(draw: st.DrawFn) -> CollectorRegistry:
    registry = CollectorRegistry()
    chosen = draw(st.lists(names, unique_by=lambda n: n.lower(), min_size=1, max_size=4))
    for n, name in enumerate(chosen):
        kind = draw(st.sampled_from(["Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"]))
        label_names = draw(st.lists(labels, unique=True, max_size=3))
        label_names = [one for one in label_names if one not in {"le", "quantile"}]
        extra: dict[str, Any] = {"states": ["on", "off"]} if kind == "Enum" else {}
        metric = getattr(prometheus_client, kind)(
            f"m{n}_{name}".replace(":", "c").rstrip("_"),
            draw(helps),
            [f"l_{one}" for one in label_names],
            registry=registry,
            **extra,
        )  # fmt: skip
        for _ in range(draw(st.integers(1, 3)) if label_names else 1):
            child = metric.labels(*[draw(texts) for _ in label_names]) if label_names else metric
            fill(draw, kind, child)
    return registry


def fill(draw: st.DrawFn, kind: str, child: Any) -> None:
    if kind == "Counter":
        exemplar = {"trace_id": draw(st.text("abc 1#{}", max_size=8))}
        child.inc(draw(st.floats(1, 1e15)), exemplar=exemplar)
    elif kind == "Gauge":
        child.set(draw(values))
    elif kind in ("Histogram", "Summary"):
        child.observe(draw(st.floats(0, 100)))
    elif kind == "Info":
        child.info({"version": draw(texts)})
    else:
        child.state(draw(st.sampled_from(["on", "off"])))


@given(registries())
def test_what_prometheus_client_writes_as_text_reads_as_its_parser_reads_it(
    registry: CollectorRegistry,
) -> None:
    text = prometheus_client.generate_latest(registry).decode()
    expected = theirs(parser.text_string_to_metric_families(text))
    assert expected == ours(text, openmetrics=False)
    assert expected == ours(text, openmetrics=False, again=True)


@given(registries())
def test_what_prometheus_client_writes_as_openmetrics_reads_as_its_parser_reads_it(
    registry: CollectorRegistry,
) -> None:
    text = openmetrics_writer.generate_latest(registry).decode()  # type: ignore[no-untyped-call]
    families = openmetrics_parser.text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    expected = theirs(families)
    assert expected == ours(text, openmetrics=True)
    assert expected == ours(text, openmetrics=True, again=True)


def escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


blanks = st.sampled_from(["", " ", "  "])


@st.composite
def lines(draw: st.DrawFn) -> str:
    """Write samples with every freedom of blanks and spelling that the text format has."""
    written = {}
    for _ in range(draw(st.integers(0, 6))):
        name = draw(names)
        pairs = dict(draw(st.lists(st.tuples(labels, texts), max_size=3)))
        gap = draw(blanks)
        block = ",".join(f'{gap}{k}{gap}={gap}"{escaped(v)}"{gap}' for k, v in pairs.items())
        bare = draw(st.booleans())
        block = "" if bare and not pairs else f"{{{block}}}"
        value = repr(draw(st.floats(allow_nan=False) | st.integers(-99, 99)))
        stamp = f" {T}" if draw(st.booleans()) else ""
        written[series_key(name, pairs)] = f"{name}{block} {value}{stamp}"
    return "\n".join(written.values()) + "\n"


@given(lines())
def test_pages_with_every_freedom_read_as_prometheus_clients_parser_reads_them(text: str) -> None:
    expected = theirs(parser.text_string_to_metric_families(text))
    assert expected == ours(text, openmetrics=False)
    assert expected == ours(text, openmetrics=False, again=True)


@given(lines(), st.integers(0, 400), st.sampled_from('{}" ,=#\\x1\t'))
def test_a_page_with_one_character_changed_is_never_read_as_something_else(
    text: str, at: int, other: str
) -> None:
    broken = text[: at % len(text)] + other + text[at % len(text) + 1 :]
    try:
        expected = theirs(parser.text_string_to_metric_families(broken))
        made = ours(broken, openmetrics=False)
    except (ValueError, MalformedError, AssertionError, TypeError, IndexError):
        return  # one of the two refuses it
    assert expected == made
