"""Rules on what is fetched over the network, and on ports."""
