"""The CI/CD fairness gate for models registered in MLflow."""

__version__ = "0.1.0"
