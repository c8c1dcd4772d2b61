"""The version of the gate, which every record names."""

__all__ = ["__version__"]

__version__ = "0.1.0"
