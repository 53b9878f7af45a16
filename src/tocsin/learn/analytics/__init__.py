"""What do the figures say? How noisy each rule is; times and load come here too."""

from tocsin.learn.analytics.noise import RuleNoise, noise
from tocsin.learn.analytics.outcome import Outcomes

__all__ = ["Outcomes", "RuleNoise", "noise"]
