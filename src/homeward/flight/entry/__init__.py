"""Entry guidance: predictor-corrector, reference trajectory, ballistic fall-back, and their monitors."""
