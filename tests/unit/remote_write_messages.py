"""Remote write's messages as the protobuf library knows them, from descriptors made here."""

from collections.abc import Mapping, Sequence
from typing import Any

import cramjam
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from quadra.intake.received import Received
from quadra.intake.remote_write import LabelCache, parse_v1, parse_v2
from quadra.telemetry.series import SeriesRules

NOW = 1_790_000_000.0
NOW_MS = int(NOW * 1000)
MAX_UNPACKED = 1 << 24

_TYPES = {
    "double": descriptor_pb2.FieldDescriptorProto.TYPE_DOUBLE,
    "int64": descriptor_pb2.FieldDescriptorProto.TYPE_INT64,
    "uint32": descriptor_pb2.FieldDescriptorProto.TYPE_UINT32,
    "int32": descriptor_pb2.FieldDescriptorProto.TYPE_INT32,
    "string": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
}
Fields = Sequence[tuple[str, int, str]]


def _messages(package: str, messages: Mapping[str, Fields]) -> dict[str, Any]:
    """Make message classes; a type is a scalar's or a message's name, [] behind it repeats it."""
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{package}.proto", package=package, syntax="proto3"
    )
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        for field_name, number, kind in fields:
            field = message.field.add(name=field_name, number=number)
            single = kind.removesuffix("[]")
            field.label = field.LABEL_REPEATED if kind != single else field.LABEL_OPTIONAL
            if single in _TYPES:
                field.type = _TYPES[single]
            else:
                field.type = field.TYPE_MESSAGE
                field.type_name = f".{package}.{single}"
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
        for name in messages
    }


V1 = _messages(
    "prometheus",
    {
        "WriteRequest": (("timeseries", 1, "TimeSeries[]"), ("metadata", 3, "MetricMetadata[]")),
        "TimeSeries": (
            ("labels", 1, "Label[]"),
            ("samples", 2, "Sample[]"),
            ("exemplars", 3, "Exemplar[]"),
            ("histograms", 4, "Histogram[]"),
        ),
        "Label": (("name", 1, "string"), ("value", 2, "string")),
        "Sample": (("value", 1, "double"), ("timestamp", 2, "int64")),
        "Exemplar": (
            ("labels", 1, "Label[]"),
            ("value", 2, "double"),
            ("timestamp", 3, "int64"),
        ),
        "Histogram": (("timestamp", 15, "int64"),),
        "MetricMetadata": (
            ("type", 1, "int32"),
            ("metric_family_name", 2, "string"),
            ("help", 4, "string"),
            ("unit", 5, "string"),
        ),
    },
)
V2 = _messages(
    "io.prometheus.write.v2",
    {
        "Request": (("symbols", 4, "string[]"), ("timeseries", 5, "TimeSeries[]")),
        "TimeSeries": (
            ("labels_refs", 1, "uint32[]"),
            ("samples", 2, "Sample[]"),
            ("histograms", 3, "Histogram[]"),
            ("exemplars", 4, "Exemplar[]"),
            ("metadata", 5, "Metadata"),
            ("created_timestamp", 6, "int64"),
        ),
        "Sample": (
            ("value", 1, "double"),
            ("timestamp", 2, "int64"),
            ("start_timestamp", 3, "int64"),
        ),
        "Exemplar": (
            ("labels_refs", 1, "uint32[]"),
            ("value", 2, "double"),
            ("timestamp", 3, "int64"),
        ),
        "Histogram": (("timestamp", 15, "int64"),),
        "Metadata": (("type", 1, "int32"), ("help_ref", 3, "uint32"), ("unit_ref", 4, "uint32")),
    },
)

Labels = Mapping[str, str]
Samples = Sequence[tuple[int, float]]


def snappy(data: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(data))


def message1(*series: tuple[Labels, Samples]) -> Any:
    """Make a WriteRequest; labels are sent in the order given."""
    request = V1["WriteRequest"]()
    for labels, samples in series:
        one = request.timeseries.add()
        for name, value in labels.items():
            one.labels.add(name=name, value=value)
        for t, v in samples:
            one.samples.add(timestamp=t, value=v)
    return request


def message2(*series: tuple[Labels, Samples], symbols: Sequence[str] = ()) -> Any:
    """Make a Request; ``symbols`` come first in its table."""
    request = V2["Request"]()
    table = {text: i for i, text in enumerate(("", *symbols))}
    for labels, samples in series:
        one = request.timeseries.add()
        for pair in labels.items():
            one.labels_refs.extend(table.setdefault(text, len(table)) for text in pair)
        for t, v in samples:
            one.samples.add(timestamp=t, value=v)
    request.symbols.extend(table)
    return request


def read1(request: Any, cache: LabelCache | None = None) -> Received:
    body = snappy(request if isinstance(request, bytes) else request.SerializeToString())
    return parse_v1(body, NOW, SeriesRules(), MAX_UNPACKED, cache or LabelCache())


def read2(request: Any, cache: LabelCache | None = None) -> Received:
    body = snappy(request if isinstance(request, bytes) else request.SerializeToString())
    return parse_v2(body, NOW, SeriesRules(), MAX_UNPACKED, cache or LabelCache())
