"""What do we write down? The 5W1H report, drafted from the timeline as soon as an incident is resolved."""

from tocsin.learn.reports.reports import Report, Reports

__all__ = ["Report", "Reports"]
