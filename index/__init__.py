"""The ground floor: FAQ store, served model, search index and ranking. Knows nothing of Slack."""
