"""The parts of `make bench`: each measures one thing on a server of its own."""
