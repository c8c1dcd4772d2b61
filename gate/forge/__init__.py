"""Forges, where code is reviewed and pipelines run: what people said there, and what they are shown."""
