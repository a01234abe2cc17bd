"""`make demo`: Quadra with a simulated AI service that sends OTLP and goes wrong now and then."""
