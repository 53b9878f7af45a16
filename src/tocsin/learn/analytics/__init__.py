"""What do the figures say? How noisy each rule is, and what being on call costs people; times come here too."""

from tocsin.learn.analytics.disturbed import Disturbed, disturbed, last_reached
from tocsin.learn.analytics.load import Carried, carried
from tocsin.learn.analytics.noise import RuleNoise, noise
from tocsin.learn.analytics.outcome import Outcomes

__all__ = ["Carried", "Disturbed", "Outcomes", "RuleNoise", "carried", "disturbed", "last_reached", "noise"]
