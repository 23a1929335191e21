"""How every picture looks: style, labels, coast lines."""
