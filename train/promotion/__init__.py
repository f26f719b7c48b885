"""Is a candidate better than the live model, and does it go live?"""
