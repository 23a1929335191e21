"""The store of a campaign: manifest, Parquet parts with their hashes, draws, and SQL over the runs."""
