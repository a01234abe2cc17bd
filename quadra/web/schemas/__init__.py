"""What the API takes and gives, as JSON schemas in the words of its description."""
