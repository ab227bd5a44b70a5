"""Cameras behind one small interface: modules on a Pi's ribbon, USB, RTSP, videos, folders and a painted scene."""
