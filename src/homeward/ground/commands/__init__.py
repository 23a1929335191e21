"""Commands to a flight: sealed, sent, judged on board, carried out."""
