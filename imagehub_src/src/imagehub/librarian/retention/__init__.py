"""How long images are kept: policies, holds, a plan of what goes, and the part that carries it out."""
