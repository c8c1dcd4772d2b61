"""How large an error or a weight can be, from the declaration of a model."""

from gate.core.model import DataSource, ModelConfig
from gate.core.sums import WEIGHT_UNITS
from gate.metrics.bounded import Reach

__all__ = ["reach_of"]


def reach_of(model: ModelConfig) -> Reach:
    """What `label_range`, `max_weight` and `max_cluster_rows` say together."""
    between = model.data.label_range
    return Reach(error=None if between is None else between[1] - between[0], unit=_unit(model.data))


def _unit(data: DataSource) -> float | None:
    """The largest weight of a row or cluster, as weights are counted: rounded to whole units. None where none is declared, or every row counts the same."""
    if (data.weight is not None and data.max_weight is None) or (data.cluster is not None and data.max_cluster_rows is None):
        return None
    if data.weight is None and data.cluster is None:
        return None
    heaviest = 1.0 if data.max_weight is None else data.max_weight * WEIGHT_UNITS + 1
    return heaviest * (data.max_cluster_rows or 1)
