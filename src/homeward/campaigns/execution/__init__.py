"""Flies the runs of a campaign, on this machine or on a cluster, and flies any of them again."""
