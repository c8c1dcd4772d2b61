"""How large an error or a weight can be, from the declaration of a model."""

from gate.core.model import ModelConfig
from gate.core.sums import WEIGHT_UNITS
from gate.metrics.bounded import Reach

__all__ = ["reach_of"]


def reach_of(model: ModelConfig) -> Reach:
    """What `label_range`, `max_weight` and `max_cluster_rows` say together; weights in the unit in which they are counted."""
    data = model.data
    weight = 1.0 if data.weight is None else None if data.max_weight is None else data.max_weight * WEIGHT_UNITS + 1  # they are rounded to whole units
    rows = 1 if data.cluster is None else data.max_cluster_rows
    declared = (data.weight is not None or data.cluster is not None) and weight is not None and rows is not None
    return Reach(
        error=None if data.label_range is None else data.label_range[1] - data.label_range[0],
        unit=weight * rows if declared and weight is not None and rows is not None else None,
    )
