"""Learning from decisions: rankers and calibration fitted further on what a user found right."""
