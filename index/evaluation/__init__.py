"""How good answers are: data sets, metrics, golden questions."""
