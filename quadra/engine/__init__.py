"""What orders the work: calls the right parts in the right order, and owns the ports it needs."""
