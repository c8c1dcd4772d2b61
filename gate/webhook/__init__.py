"""Nobody has to remember to run the gate: a registry's events are received, checked, queued, and acted on."""

from gate.webhook.events import Event, Kind, Refused, received
from gate.webhook.guard import Guard, Watched
from gate.webhook.jobs import Jobs
from gate.webhook.server import serving

__all__ = ["Event", "Guard", "Jobs", "Kind", "Refused", "Watched", "received", "serving"]
