"""The room of reports: a decision as text for a CI log, as Markdown, as a page.

Every format takes a `Decision` and returns text. It chooses words, order and layout; it computes no metric, weighs no
evidence and decides nothing. Names come from people and files that may be hostile: each sink has its one escaping
function in `escape.py`. This room knows no registry, no file system beyond its own template, and no clock.
"""
