"""What is wrong with this service? Everything that can be asked of it, asked at once, read, and kept."""

from tocsin.respond.diagnosis.archive import archive
from tocsin.respond.diagnosis.case import BookCause, Books, Case
from tocsin.respond.diagnosis.collector import Collected, Collector, Inquiry
from tocsin.respond.diagnosis.diagnoses import Bench, Diagnoses
from tocsin.respond.diagnosis.findings import Findings
from tocsin.respond.diagnosis.own import Known
from tocsin.respond.diagnosis.rank import Evidence, KnownCause, Ranked, rank
from tocsin.respond.diagnosis.section import DiagnosisSection
from tocsin.respond.diagnosis.store import Diagnosis, Part

__all__ = [
    "Bench",
    "BookCause",
    "Books",
    "Case",
    "Collected",
    "Collector",
    "Diagnoses",
    "Diagnosis",
    "DiagnosisSection",
    "Evidence",
    "Findings",
    "Inquiry",
    "Known",
    "KnownCause",
    "Part",
    "Ranked",
    "archive",
    "rank",
]
