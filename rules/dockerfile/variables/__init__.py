"""Rules on variables: where they come from and what they may mean."""
