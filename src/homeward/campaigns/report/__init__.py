"""The report of a campaign, of two compared, and of what drives the results."""
