"""From one flight to many: fly, disperse, summarise."""
