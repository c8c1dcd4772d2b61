"""What a repository starts with: `gate.yaml`, the policy of its tier, and the workflows that put the gate before a deployment."""

from gate.starter.files import Start, planned, written
from gate.starter.groups import groups_in

__all__ = ["Start", "groups_in", "planned", "written"]
