"""The Quadra Matrix field: coupled oscillating units that learn live to forecast metrics."""
