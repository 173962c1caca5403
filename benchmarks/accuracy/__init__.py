"""How often the clinic is right: a corpus labelled by outcome, the rule book on it, other tools beside it."""
