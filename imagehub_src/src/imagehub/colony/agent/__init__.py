"""The agent: records with one camera, at a conductor's word."""
