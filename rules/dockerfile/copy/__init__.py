"""Rules on COPY and ADD."""
