"""Packs: what decisions on record say to the clauses that somebody asks about, and what they do not say."""

from gate.report.packs.catalogue import PACKS
from gate.report.packs.clauses import NOTICE, Clause, Pack, Said
from gate.report.packs.render import html, markdown, traceability

__all__ = ["NOTICE", "PACKS", "Clause", "Pack", "Said", "html", "markdown", "traceability"]
