"""What writers and pictures need to know of a flight besides its record."""
