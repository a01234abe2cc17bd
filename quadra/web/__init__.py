"""HTTP and the live socket. Everything goes through the gate; every route says what it needs."""
