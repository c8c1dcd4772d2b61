"""The registry room: a candidate comes in, a record goes out. The only room that knows MLflow.

It exists so that nothing else has to know how MLflow names, stores, retries or fails. It may not know policies,
metrics or how a verdict came about: it is handed finished texts, numbers and files, and shows them.

Start at `interface.py`; `mlflow_registry.py` is imported only when a registry is needed, because MLflow takes seconds.
"""
