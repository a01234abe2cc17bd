"""Services and their four golden signals, found in what people send: pure, time passed in."""
