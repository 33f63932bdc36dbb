"""The experiments of each profile, as data, and what runs them."""
