"""The house, wired: each role's parts built and tied together. Only ``app.py`` imports it."""
