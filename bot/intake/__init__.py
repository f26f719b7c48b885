"""Is this message for us, and what does it say?"""
