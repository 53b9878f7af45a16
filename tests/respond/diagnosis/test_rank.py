"""The known causes of a runbook stand in the order in which the evidence speaks for them."""

from __future__ import annotations

from tocsin.respond.diagnosis.rank import Evidence, rank
from tocsin.respond.runbooks.document import Cause

MODEL = Cause(
    name="The model answers with errors",
    line=1,
    symptom="Logs show upstream errors",
    match=("MODEL_API_ERROR",),
)
MEMORY = Cause(
    name="Redis is full",
    line=2,
    symptom="Writes are refused, memory at its bound",
    match=("OOM command", "maxmemory"),
)
POOL = Cause(name="連線池耗盡", line=3, symptom="資料庫連線逾時", match=("too many clients", "503"))
DISK = Cause(name="The disk is full", line=4, symptom="No space left", match=("ENOSPC", "503"))


def names(evidence: list[Evidence]) -> list[str]:
    return [each.cause.name for each in rank((MODEL, MEMORY, POOL, DISK), evidence)]


def test_without_evidence_the_page_keeps_its_order_and_nothing_is_claimed():
    ranked = rank((MODEL, MEMORY, POOL), [Evidence(source="Logs", text="all is well")])
    assert [each.cause for each in ranked] == [MODEL, MEMORY, POOL]
    assert [(each.score, each.why) for each in ranked] == [(0.0, ())] * 3


def test_the_words_that_the_author_gave_as_evidence_decide():
    logs = Evidence(
        source="Logs of api", text="ERROR OOM command not allowed when used memory > 'maxmemory'\n" * 3
    )
    first, *rest = rank((MODEL, MEMORY, POOL), [logs])
    assert first.cause is MEMORY
    assert first.score > 2 * rest[0].score
    assert "“oom command” stands 3 × in Logs of api" in first.why


def test_what_is_new_since_it_began_speaks_louder_than_what_was_always_there():
    logs = Evidence(
        source="Logs",
        text="MODEL_API_ERROR\n" * 20 + "OOM command\n",
        before="MODEL_API_ERROR\n" * 20,
    )
    first, second, *_ = rank((MODEL, MEMORY, POOL), [logs])
    assert (first.cause, second.cause) == (MEMORY, MODEL)
    assert "“oom command” stands 1 × in Logs, and did not before" in first.why
    assert "“model_api_error” stands 20 × in Logs, as it did before" in second.why


def test_much_more_than_before_is_news_again():
    steady = Evidence(source="Logs", text="MODEL_API_ERROR " * 10, before="MODEL_API_ERROR " * 9)
    risen = Evidence(source="Logs", text="MODEL_API_ERROR " * 10, before="MODEL_API_ERROR")
    (one,), (other,) = rank((MODEL,), [steady]), rank((MODEL,), [risen])
    assert other.score > one.score


def test_a_word_stands_by_itself_or_not_at_all():
    assert rank((POOL,), [Evidence(source="Metrics", text="bytes 15034, id x503y")])[0].score == 0
    assert rank((POOL,), [Evidence(source="Metrics", text="status=503")])[0].score > 0


def test_a_word_that_two_causes_share_says_less_for_each():
    both = [Evidence(source="Edge", text="503")]
    alone = rank((POOL,), both)[0].score
    assert [each.score for each in rank((POOL, DISK), both)] == [alone / 2, alone / 2]
    assert names([Evidence(source="Edge", text="503 and ENOSPC")])[0] == DISK.name


def test_a_chinese_symptom_is_found_by_pairs_of_characters():
    ranked = rank((MODEL, MEMORY, POOL), [Evidence(source="Note", text="使用者回報:資料庫連線一直逾時")])
    assert ranked[0].cause is POOL
    assert ranked[0].why[0].startswith("words of its symptom stand in Note: ")


def test_hostile_and_empty_words_cost_nothing():
    odd = Cause(name="", line=1, match=("", " ", "a", "x" * 100_000, ".*(a+)+$", "${HOME}"))
    assert rank((odd,), [Evidence(source="Logs", text="a" * 200_000)])[0].score == 0
    assert rank((odd,), [Evidence(source="Logs", text="echo ${HOME}")])[0].score > 0
    assert rank((), [Evidence(source="Logs", text="x")]) == []
