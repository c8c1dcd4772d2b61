"""From rows to counts, in one pass: the only room that reads the holdout.

An engine knows tables and columns. It knows no threshold and no verdict; what leaves this room is a table of counts.
"""
