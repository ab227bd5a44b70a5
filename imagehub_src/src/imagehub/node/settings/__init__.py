"""The settings of a node, as imagenode.yaml has them."""
