"""The conductor: brings the agents of a colony to record together."""
