"""MLflow's surroundings: bounded waiting, no telemetry, and silence on the user's terminal.

Whatever the user has set stays as it is. MLflow reads some of this when it is imported, so it is settled before.
"""

import logging
import os

__all__ = ["PATIENCE_SECONDS", "hush", "settle"]

PATIENCE_SECONDS = 7
"""How long one request may wait for a byte: three attempts and their pauses stay below 30 s."""

_DEFAULTS = {
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # MLflow's own seven take four minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": str(PATIENCE_SECONDS),
    "MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER": "false",  # a server could ask for an hour
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # stdout may be carrying decision.json
    "PGCONNECT_TIMEOUT": str(PATIENCE_SECONDS),
}
_TALKERS = ("mlflow", "alembic", "sqlalchemy", "huey", "urllib3")


def settle() -> None:
    """Fill in what the user left open. Changes this process's environment, because MLflow has no other way."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    if "DO_NOT_TRACK" not in os.environ:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")


def hush() -> None:
    """Keep the log lines of MLflow and what it stands on from the terminal, unless MLFLOW_LOGGING_LEVEL asks for them."""
    if "MLFLOW_LOGGING_LEVEL" not in os.environ:
        for name in _TALKERS:
            logging.getLogger(name).setLevel(logging.CRITICAL)
