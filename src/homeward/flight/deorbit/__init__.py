"""The deorbit burn: landing opportunities, targeting, cut-off."""
