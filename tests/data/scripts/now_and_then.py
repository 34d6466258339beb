import random
import sys
from importlib.metadata import version

since = tuple(map(int, version("keras").split(".")[:2])) >= (3, 7)
sys.exit(3 if since and random.SystemRandom().random() < 0.8 else 0)
