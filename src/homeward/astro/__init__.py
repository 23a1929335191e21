"""Orbital mechanics that both sides use: Lambert transfers, relative motion, lines of sight."""
