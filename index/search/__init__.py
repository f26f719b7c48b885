"""Finding answers: two engines behind one protocol, three retrievers, one ranked list."""
