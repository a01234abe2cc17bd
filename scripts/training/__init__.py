"""What `scripts/train_anomaly_model.py` is made of."""
