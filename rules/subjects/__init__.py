"""What rules look at: plain typed data, no input or output."""
