"""Real disks that tests can fill, break, slow down and cut the power of: ext4 on loop devices, as root."""
