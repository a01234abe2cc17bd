"""Backups: made while Quadra runs, checked by restoring them, and brought back.

``scripts/*.sh`` and ``flask --app app backup`` call ``quadra.backup.program``.
"""
