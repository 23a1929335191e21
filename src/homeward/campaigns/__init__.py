"""What is flown: one return or rendezvous, or many; and what many flights say together."""
