"""Whatever bytes come in by: one function a door, for fuzzers and for tests."""
