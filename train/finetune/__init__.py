"""Fine-tuning the encoder and its head with Quaterion."""
