"""A model version with its collection: built, checked, served, replaced, rolled back."""
