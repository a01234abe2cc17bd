"""Tells people: one file a kind of channel. None is believed; all are bounded in time and size."""
