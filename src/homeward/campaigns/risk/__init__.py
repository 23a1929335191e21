"""How likely a crew or a mission is lost: flights by number and kind of failures, weighted by their rates."""
