"""The original document's design, as its authors would have written it: FastAPI, ORM sessions, Pydantic, PyJWT, Redis.

A post is cached as JSON beside the database and deleted from Redis after a write; every signed-in request looks its
user up through the session. There is no outbox, no idempotency, no ETag and no middleware.
"""

# mypy: disable-error-code="import-not-found, misc, no-any-return, untyped-decorator"
# FastAPI is only there with `uv run --group load`; without it mypy looks at the rest.

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4

import bcrypt
import jwt
from fastapi import Body, Depends, FastAPI, HTTPException, Response, status
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel, ConfigDict, Field
from redis.asyncio import Redis
from sqlalchemy import ARRAY, DateTime, ForeignKey, MetaData, String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

SECRET = "a key that is only good for tests: 0123456789"
ALGORITHM = "HS256"
ACCESS_TTL, REFRESH_TTL, CACHE_TTL = timedelta(hours=1), timedelta(days=30), timedelta(minutes=5)

engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+asyncpg:"), pool_size=20, max_overflow=10
)
new_session = async_sessionmaker(engine, expire_on_commit=False)
redis: Redis = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
bearer = OAuth2PasswordBearer(tokenUrl="/auth/login", auto_error=False)
app = FastAPI()


class Base(DeclarativeBase):
    metadata = MetaData(schema="original")
    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012 - SQLAlchemy reads it from the class


class User(Base):
    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    username: Mapped[str] = mapped_column(String(30), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    bio: Mapped[str] = mapped_column(Text, default="")
    hashed_password: Mapped[str] = mapped_column(String(60))
    is_active: Mapped[bool] = mapped_column(default=True)
    is_superuser: Mapped[bool] = mapped_column(default=False)
    email_verified: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("original.users.id"))
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(ARRAY(String(50)))
    status: Mapped[str] = mapped_column(String(10))
    comments_count: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    updated_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC), onupdate=lambda: datetime.now(UTC))
    author: Mapped[User] = relationship()

    @property
    def excerpt(self) -> str:
        return self.body[:200]


class Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class AuthorRead(Read):
    id: UUID
    username: str
    name: str


class UserRead(AuthorRead):
    email: str
    bio: str
    is_active: bool
    is_superuser: bool
    email_verified: bool
    created_at: datetime
    updated_at: datetime


class PostSummary(Read):
    id: UUID
    slug: str
    title: str
    excerpt: str
    tags: list[str]
    status: str
    author: AuthorRead
    comments_count: int
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None


class PostRead(PostSummary):
    body: str


class PostWrite(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    body: str = Field(min_length=1, max_length=100_000)
    tags: list[str] = Field(default=[], max_length=10)
    status: str = "draft"


class PostChange(BaseModel):
    title: str | None = Field(default=None, min_length=1, max_length=200)
    body: str | None = Field(default=None, min_length=1, max_length=100_000)
    tags: list[str] | None = Field(default=None, max_length=10)


class TokenPair(BaseModel):
    access_token: str
    refresh_token: str
    token_type: str = "bearer"


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]


async def get_caller(session: Session, token: Annotated[str | None, Depends(bearer)]) -> User | None:
    if token is None:
        return None
    try:
        user = await session.get(User, UUID(jwt.decode(token, SECRET, [ALGORITHM])["sub"]))
    except (jwt.InvalidTokenError, ValueError):
        user = None
    if user is None or not user.is_active:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Could not validate credentials")
    return user


async def get_current_user(caller: Annotated[User | None, Depends(get_caller)]) -> User:
    if caller is None:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Not authenticated")
    return caller


CurrentUser = Annotated[User, Depends(get_current_user)]


async def new_pair(user_id: str) -> TokenPair:
    now, token_id = datetime.now(UTC), uuid4().hex
    await redis.set(f"refresh:{token_id}", user_id, ex=REFRESH_TTL)
    return TokenPair(
        access_token=jwt.encode({"sub": user_id, "exp": now + ACCESS_TTL}, SECRET, ALGORITHM),
        refresh_token=jwt.encode({"jti": token_id, "exp": now + REFRESH_TTL}, SECRET, ALGORITHM),
    )


@app.post("/auth/login")
async def log_in(email: Annotated[str, Body()], password: Annotated[str, Body()], session: Session) -> TokenPair:
    user = await session.scalar(select(User).where(User.email == email))
    if user is None or not bcrypt.checkpw(password.encode(), user.hashed_password.encode()):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Incorrect email or password")
    return await new_pair(str(user.id))


@app.post("/auth/refresh")
async def refresh(refresh_token: Annotated[str, Body(embed=True)]) -> TokenPair:
    try:
        claims = jwt.decode(refresh_token, SECRET, [ALGORITHM])
    except jwt.InvalidTokenError:
        claims = {}
    user_id = await redis.getdel(f"refresh:{claims.get('jti')}")
    if user_id is None:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Invalid refresh token")
    return await new_pair(user_id)


@app.get("/users/me", response_model=UserRead)
async def me(user: CurrentUser) -> User:
    return user


@app.get("/posts", response_model=list[PostSummary])
async def list_posts(session: Session, skip: int = 0, limit: int = 20) -> list[Post]:
    statement = select(Post).where(Post.status == "published").options(selectinload(Post.author))
    page = statement.order_by(Post.published_at.desc(), Post.id.desc()).offset(skip).limit(limit)
    return list((await session.scalars(page)).all())


@app.get("/posts/{post_id}")
async def get_post(post_id: UUID, session: Session, caller: Annotated[User | None, Depends(get_caller)]) -> PostRead:
    if cached := await redis.get(f"post:{post_id}"):
        return PostRead.model_validate_json(cached)
    post = await session.get(Post, post_id, options=[selectinload(Post.author)])
    if post is None or (post.status != "published" and (caller is None or caller.id != post.author_id)):
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    shown = PostRead.model_validate(post)
    if post.status == "published":
        await redis.set(f"post:{post_id}", shown.model_dump_json(), ex=CACHE_TTL)
    return shown


@app.post("/posts", status_code=status.HTTP_201_CREATED)
async def create_post(form: PostWrite, response: Response, session: Session, user: CurrentUser) -> PostRead:
    post = Post(**form.model_dump(), author=user, slug=f"{form.title.lower().replace(' ', '-')}-{uuid4().hex[:12]}")
    post.published_at = datetime.now(UTC) if form.status == "published" else None
    session.add(post)
    await session.commit()
    await session.refresh(post)
    response.headers["Location"] = f"/posts/{post.id}"
    return PostRead.model_validate(post)


@app.patch("/posts/{post_id}")
async def change_post(post_id: UUID, form: PostChange, session: Session, user: CurrentUser) -> PostRead:
    post = await session.get(Post, post_id, options=[selectinload(Post.author)])
    if post is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    if post.author_id != user.id:
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    for field, value in form.model_dump(exclude_unset=True).items():
        setattr(post, field, value)
    await session.commit()
    await session.refresh(post)
    await redis.delete(f"post:{post_id}")
    return PostRead.model_validate(post)
