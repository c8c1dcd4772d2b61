"""Writes plain values as YAML that the strict loader reads back unchanged: `load(dump(value)) == value`."""

import yaml

from gate.core.document import Json
from gate.policy.scalars import plain_scalar

__all__ = ["dump"]


class _Dumper(yaml.SafeDumper):
    """PyYAML's writer without anchors, and with quotes wherever YAML 1.1 and 1.2 disagree about a text."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        """Write equal values twice rather than once with an anchor."""
        return True


def dump(value: Json) -> str:
    """The value as YAML, keys in the order given."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if _reads_as_text(text) else '"')


def _reads_as_text(text: str) -> bool:
    try:
        return plain_scalar(text) == text
    except ValueError:
        return False


_Dumper.add_representer(str, _text)
