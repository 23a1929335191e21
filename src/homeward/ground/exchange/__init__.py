"""A saved flight in the formats that other programs read: CCSDS messages, SPICE kernels."""
