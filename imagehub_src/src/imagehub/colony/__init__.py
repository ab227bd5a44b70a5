"""The colony: cameras on many Raspberry Pis that record together at the word of one conductor."""
