"""The stages of a check that need more than one room: bringing the candidate to trial, and recording the decision.

`gate/pipeline.py` calls them in order. They wire rooms together and decide nothing.
"""
