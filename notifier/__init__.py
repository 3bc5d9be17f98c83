"""Deadline notification for offices that must see that many units do what they promised."""

__version__ = "0.1.0"
