"""Tools that know nothing of Quadra and may be used without it."""
