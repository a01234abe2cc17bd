"""History on a store that speaks Prometheus's protocols: remote write in, PromQL out."""
