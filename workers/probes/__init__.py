"""What a training looks like from inside: statistics of layers and network, at the steps worth looking at."""
