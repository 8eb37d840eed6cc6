"""Frozen values that every room speaks: standard library only, no input or output."""
