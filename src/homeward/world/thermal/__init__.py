"""Heat in the shield: what comes in over its face, and how it goes through its thickness."""
