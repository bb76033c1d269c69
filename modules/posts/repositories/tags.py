"""Tags and how often they are used, read beside the unit of work."""

from functools import lru_cache

import msgspec
from sqlalchemy import Integer, String, bindparam, func, literal_column, or_, select

from kernel.reads import Query
from modules.posts.models import TagRow

# Written out, not bound: with a parameter in it, a statement that is planned once could not use a partial index.
IN_USE = TagRow.posts_count > literal_column("0", Integer)


class TagRecord(msgspec.Struct, frozen=True):
    """A tag of public posts."""

    name: str
    posts_count: int


@lru_cache(4)
def tags_query(*, beginning: bool, further: bool) -> Query[TagRecord]:
    """Those of most posts first, equals by name, all or with one ``beginning``; a ``further`` page is after a tag."""
    statement = select(TagRow.name, TagRow.posts_count).where(IN_USE)
    if beginning:
        statement = statement.where(func.starts_with(TagRow.name, bindparam("beginning", type_=String())))
    if further:
        count, name = bindparam("after_count", type_=Integer()), bindparam("after_name", type_=String())
        statement = statement.where(TagRow.posts_count <= count, or_(TagRow.posts_count < count, TagRow.name > name))
    order = (TagRow.posts_count.desc(), TagRow.name)
    return Query(statement.order_by(*order).limit(bindparam("rows", type_=Integer())), TagRecord)
