"""What people click on a card: parsed, recorded, shown."""
