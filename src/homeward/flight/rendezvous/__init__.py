"""Rendezvous guidance: burn planning, station keeping, glideslope and model-predictive approach."""
