"""Rates, disparities and intervals: pure functions of counts.

This room knows numbers and groups. It knows no policy, no threshold's consequence and no file.
"""
