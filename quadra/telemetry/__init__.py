"""What a sample, a series, a label and a selector are. Pure: no I/O, time is passed in."""
