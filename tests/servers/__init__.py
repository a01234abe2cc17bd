"""Real servers for the tests: Quadra itself, Postgres, and the programs of this machine."""
