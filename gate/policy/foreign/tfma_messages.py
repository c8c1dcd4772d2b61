"""The messages of TFMA's EvalConfig, as far as their names go, for protobuf's own readers of text and JSON.

Only names and types matter in those two forms, so the numbers of the fields are simply counted up; nothing binary is
ever read or written by these descriptions. A field that is not described here is an error of the reader, never skipped.
"""

from functools import cache

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message, message_factory, text_format, wrappers_pb2

from gate.core.document import Json
from gate.errors import PolicyError

__all__ = ["read_json", "read_text"]

_PACKAGE = "tfma"
_MESSAGES = {
    "PaddingOptions": "int64 label_int_padding, float label_float_padding, int64 prediction_int_padding, float prediction_float_padding",
    "ModelSpec": "string name, string model_type, string signature_name, *string preprocessing_function_names, string label_key, @string label_keys, "
    "string prediction_key, @string prediction_keys, string example_weight_key, @string example_weight_keys, bool is_baseline, PaddingOptions padding_options",
    "SlicingSpec": "*string feature_keys, @string feature_values, string slice_keys_sql",
    "CrossSlicingSpec": "SlicingSpec baseline_spec, *SlicingSpec slicing_specs",
    "RepeatedInt32Value": "*int32 values",
    "RepeatedStringValue": "*string values",
    "AggregationOptions": "bool micro_average, bool macro_average, bool weighted_macro_average, #float class_weights, RepeatedInt32Value top_k_list",
    "BinarizationOptions": "RepeatedInt32Value class_ids, RepeatedInt32Value k_list, RepeatedInt32Value top_k_list",
    "GenericChangeThreshold": "DoubleValue absolute, DoubleValue relative, MetricDirection direction",
    "GenericValueThreshold": "DoubleValue lower_bound, DoubleValue upper_bound",
    "MetricThreshold": "GenericValueThreshold value_threshold, GenericChangeThreshold change_threshold",
    "PerSliceMetricThreshold": "*SlicingSpec slicing_specs, MetricThreshold threshold",
    "PerSliceMetricThresholds": "*PerSliceMetricThreshold thresholds",
    "CrossSliceMetricThreshold": "*CrossSlicingSpec cross_slicing_specs, MetricThreshold threshold",
    "CrossSliceMetricThresholds": "*CrossSliceMetricThreshold thresholds",
    "MetricConfig": "string class_name, string module, string config, MetricThreshold threshold, *PerSliceMetricThreshold per_slice_thresholds, "
    "*CrossSliceMetricThreshold cross_slice_thresholds",
    "MetricsSpec": "*MetricConfig metrics, *string model_names, *string output_names, @float output_weights, BinarizationOptions binarize, "
    "AggregationOptions aggregate, string query_key, @MetricThreshold thresholds, @PerSliceMetricThresholds per_slice_thresholds, "
    "@CrossSliceMetricThresholds cross_slice_thresholds",
    "ConfidenceIntervalOptions": "ConfidenceIntervalMethod method",
    "Options": "BoolValue include_default_metrics, BoolValue compute_confidence_intervals, ConfidenceIntervalOptions confidence_intervals, "
    "Int32Value min_slice_size, RepeatedStringValue disabled_outputs",
    "EvalConfig": "*ModelSpec model_specs, *SlicingSpec slicing_specs, *CrossSlicingSpec cross_slicing_specs, *MetricsSpec metrics_specs, Options options",
    "EvalRun": "EvalConfig eval_config, string version, string data_location, string file_format, @string model_locations",
}
"""Fields by message: `*` repeats, `@` maps from text and `#` from whole numbers."""
_ENUMS = {
    "MetricDirection": ("UNKNOWN", "LOWER_IS_BETTER", "HIGHER_IS_BETTER"),
    "ConfidenceIntervalMethod": ("UNKNOWN_CONFIDENCE_INTERVAL_METHOD", "POISSON_BOOTSTRAP", "JACKKNIFE"),
}
_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "string": _Field.TYPE_STRING,
    "bool": _Field.TYPE_BOOL,
    "float": _Field.TYPE_DOUBLE,
    "int32": _Field.TYPE_INT32,
    "int64": _Field.TYPE_INT64,
}
_WRAPPERS = frozenset({"DoubleValue", "BoolValue", "Int32Value"})


def read_text(text: str) -> Json:
    """An EvalConfig in protobuf's text form, every field under its own name."""
    found = _new("EvalConfig")
    try:
        text_format.Parse(text, found)
    except (text_format.ParseError, ValueError, RecursionError) as broken:
        raise _unreadable(broken) from None
    return _plain(found)


def read_json(text: str, *, run: bool) -> Json:
    """An EvalConfig in protobuf's JSON form; `run`: inside the `eval_config.json` that an evaluation leaves."""
    found = _new("EvalRun" if run else "EvalConfig")
    try:
        json_format.Parse(text, found)
    except (json_format.ParseError, ValueError, RecursionError) as broken:
        raise _unreadable(broken) from None
    return _plain(found)


def _unreadable(broken: Exception) -> PolicyError:
    said = " ".join(str(broken).split())[:300]
    return PolicyError(f"this is no EvalConfig of TFMA: {said}", next_step="Nothing was imported: a field that is not known could be a bound.")


def _plain(found: message.Message) -> Json:
    plain: Json = json_format.MessageToDict(found, preserving_proto_field_name=True)
    return plain


def _new(name: str) -> message.Message:
    made: message.Message = message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"{_PACKAGE}.{name}"))()
    return made


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    """The descriptions, apart from those of any TFMA that is installed."""
    pool = descriptor_pool.DescriptorPool()
    wrappers = descriptor_pb2.FileDescriptorProto()
    wrappers_pb2.DESCRIPTOR.CopyToProto(wrappers)
    pool.Add(wrappers)
    file = descriptor_pb2.FileDescriptorProto(name="eval_config.proto", package=_PACKAGE, syntax="proto3", dependency=[wrappers.name])
    for name, values in _ENUMS.items():
        enum = file.enum_type.add(name=name)
        for place, value in enumerate(values):
            enum.value.add(name=value, number=place)
    for name, fields in _MESSAGES.items():
        described = file.message_type.add(name=name)
        for place, written in enumerate(fields.split(", "), start=1):
            kind, field = written.split()
            _add(described, kind, field, place)
    pool.Add(file)
    return pool


def _add(described: descriptor_pb2.DescriptorProto, kind: str, name: str, place: int) -> None:
    """Add a field to a message."""
    sign, kind = (kind[0], kind[1:]) if kind[0] in "*@#" else ("", kind)
    field = described.field.add(name=name, number=place, label=_Field.LABEL_REPEATED if sign else _Field.LABEL_OPTIONAL)
    if sign in {"", "*"}:
        _type(field, kind)
        return
    entry = described.nested_type.add(name="".join(word.title() for word in name.split("_")) + "Entry")
    entry.options.map_entry = True
    _type(entry.field.add(name="key", number=1, label=_Field.LABEL_OPTIONAL), "string" if sign == "@" else "int32")
    _type(entry.field.add(name="value", number=2, label=_Field.LABEL_OPTIONAL), kind)
    field.type, field.type_name = _Field.TYPE_MESSAGE, f".{_PACKAGE}.{described.name}.{entry.name}"


def _type(field: descriptor_pb2.FieldDescriptorProto, kind: str) -> None:
    """Give a field its type."""
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type = _Field.TYPE_ENUM if kind in _ENUMS else _Field.TYPE_MESSAGE
        field.type_name = f".google.protobuf.{kind}" if kind in _WRAPPERS else f".{_PACKAGE}.{kind}"
