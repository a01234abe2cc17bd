"""Wire formats and sources: bytes in, columnar batches out."""
