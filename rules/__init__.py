"""The ground floor: what a rule is, what it looks at, and every rule."""
