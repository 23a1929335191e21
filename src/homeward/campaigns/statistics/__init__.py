"""Order statistics and shares, with their confidence."""
