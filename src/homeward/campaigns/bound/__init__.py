"""How near any bank history at all brings an entry, its truth known."""
