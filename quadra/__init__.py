"""Quadra: a real-time monitoring console for people who run AI services or train models."""

__version__ = "0.1.0"
