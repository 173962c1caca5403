"""Training: data, objective, optimiser, precision, and the loop that reads top to bottom."""
