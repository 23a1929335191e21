"""Fault words of scenario files, and the schedules made of them."""
