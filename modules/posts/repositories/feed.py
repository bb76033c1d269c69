"""The newest posts of many authors, read beside the unit of work."""

from functools import lru_cache

from sqlalchemy import DateTime, Integer, Uuid, bindparam, column, func, select, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.reads import Query
from modules.posts.models import PostRow
from modules.posts.repositories.reading import PUBLIC, SummaryRecord, columns_of

ROWS = bindparam("rows", type_=Integer())


@lru_cache(2)
def feed_query(*, further: bool) -> Query[SummaryRecord]:
    """A page out of what these authors have published, newest first.

    Of each author no more than a page is looked at, straight from the index, however much all of them have written.
    """
    authors = func.unnest(bindparam("author_ids", type_=ARRAY(Uuid))).table_valued(column("id", Uuid()), name="author")
    author = authors.render_derived()
    latest = select(PostRow.id, PostRow.published_at).where(PostRow.author_id == author.c.id, PUBLIC)
    if further:
        after = tuple_(bindparam("after", type_=DateTime(timezone=True)), bindparam("after_id", type_=Uuid()))
        latest = latest.where(tuple_(PostRow.published_at, PostRow.id) < after)
    of_each = latest.order_by(PostRow.published_at.desc(), PostRow.id.desc()).limit(ROWS).lateral("of_each")
    newest = (
        select(of_each.c.id)
        .select_from(author)
        .join(of_each, true())
        .order_by(of_each.c.published_at.desc(), of_each.c.id.desc())
        .limit(ROWS)
        .subquery("newest")
    )
    statement = select(*columns_of(SummaryRecord)).join(newest, newest.c.id == PostRow.id)
    return Query(statement.order_by(PostRow.published_at.desc(), PostRow.id.desc()), SummaryRecord)
