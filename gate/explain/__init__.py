"""Explanations: what the answers of a candidate show about how it treats groups.

This room asks a candidate through a function and does arithmetic on the answers. It knows neither the sandbox nor the
table behind it, and trusts nothing of the model. What it needs besides numpy is imported only when a part is produced.
"""
