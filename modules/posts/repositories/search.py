"""Full-text search, read beside the unit of work."""

from datetime import datetime
from functools import lru_cache

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    String,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute

from kernel.reads import Query
from modules.posts.models import PostRow
from modules.posts.repositories.reading import PUBLIC, SummaryRecord, columns_of

DEPTH = 500
"""Ranked are so many posts that contain the words, the newest: what is common would take its time otherwise."""

BEGIN, END = "\x02", "\x03"
"""Around a word that was found. No text has them: they are taken out before."""

LANGUAGE: ColumnElement[str] = literal_column("'simple'::regconfig")
"""No language: every word is found as it is written, in any."""

JOINTS = "/.-+~@_:<&\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb\u2026\u2013\u2014\u00a0\u3001\u3002\u30fb\u300c\u300d"
GAPS = "\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x01\x7f"
"""What `posts.apart` takes for what: PostgreSQL would make one word of "and/or", a host of "end.Start", a number of
"-2", and where letters have no locale, a part of a word of every quotation mark that is not ASCII. The last one stands
for nothing: it is put around all other signs and emoji, and taken away again."""

WORDS = func.plainto_tsquery(LANGUAGE, func.posts.apart(bindparam("q", type_=String())))
"""All of them are wanted. Nothing in them is an operator."""

MARKS = f"StartSel={BEGIN}, StopSel={END}"
WHOLE = f"{MARKS}, HighlightAll=true"
FRAGMENTS = f'{MARKS}, MaxFragments=2, MaxWords=30, MinWords=10, ShortWord=0, FragmentDelimiter=" … "'
READ = 10_000
"""Characters of a body that fragments are looked for in."""

BEFORE = 300
"""Of these so many before the first place of a word, in a body that is longer."""


class FoundRecord(SummaryRecord, frozen=True):
    """A post that was found; ``as_of`` is when the newest that was ranked with it went public."""

    score: int
    as_of: datetime
    title_words: str
    body_words: str


@lru_cache(2)
def search_query(*, further: bool) -> Query[FoundRecord]:
    """Public posts that contain all words, the best first; a ``further`` page ranks what the first one did."""
    moment = DateTime(timezone=True)
    score = cast(func.round(func.ts_rank(PostRow.search, WORDS) * 1_000_000), BigInteger)
    contain = select(PostRow.id, PostRow.published_at, score.label("score"))
    contain = contain.where(PostRow.search.op("@@")(WORDS), PUBLIC)
    if further:
        contain = contain.where(PostRow.published_at <= bindparam("as_of", type_=moment))
    newest = (
        contain.order_by(PostRow.published_at.desc(), PostRow.id.desc())
        .limit(literal_column(str(DEPTH)))
        .subquery("newest")
    )
    ranked = select(newest.c.id, newest.c.score, func.max(newest.c.published_at).over().label("as_of"))
    if further:
        after = tuple_(bindparam("after_score", type_=BigInteger()), bindparam("after_id", type_=Uuid()))
        ranked = ranked.where(tuple_(newest.c.score, newest.c.id) < after)
    best = (
        ranked.order_by(newest.c.score.desc(), newest.c.id.desc())
        .limit(bindparam("rows", type_=Integer()))
        .subquery("best")
    )
    found = select(
        *columns_of(SummaryRecord),
        best.c.score,
        best.c.as_of,
        headline(PostRow.title, WHOLE).label("title_words"),
        headline(part_with_word(), FRAGMENTS).label("body_words"),
    ).join(best, best.c.id == PostRow.id)
    return Query(found.order_by(best.c.score.desc(), PostRow.id.desc()), FoundRecord, planned_anew=True)


def part_with_word() -> ColumnElement[str]:
    """A body as far as it is read: from a little before the parameter ``word`` on, if it is long."""
    place = func.strpos(func.lower(PostRow.body), func.lower(bindparam("word", type_=String())))
    part = func.substr(PostRow.body, func.greatest(place - BEFORE, 1), READ)
    return case((func.octet_length(PostRow.body) > READ, part), else_=PostRow.body)


def headline(text: ColumnElement[str] | InstrumentedAttribute[str], options: str) -> ColumnElement[str]:
    """A text as it was written, and our marks where the words are; it has none of its own."""
    plain = func.posts.apart(func.translate(text, BEGIN + END + GAPS, ""))
    return func.translate(func.ts_headline(LANGUAGE, plain, WORDS, options), GAPS, JOINTS)
