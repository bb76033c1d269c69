-- What the yardsticks write into, and what the original design reads: the same people and posts as ours.

CREATE SCHEMA bare;
CREATE TABLE bare.posts (LIKE posts.posts INCLUDING ALL);
CREATE TABLE bare.outbox (LIKE kernel.outbox INCLUDING ALL);

CREATE SCHEMA original;

CREATE TABLE original.users (
    id uuid PRIMARY KEY,
    email varchar(254) NOT NULL UNIQUE,
    username varchar(30) NOT NULL UNIQUE,
    name varchar(100) NOT NULL,
    bio text NOT NULL,
    hashed_password varchar(60) NOT NULL,
    is_active boolean NOT NULL,
    is_superuser boolean NOT NULL,
    email_verified boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
INSERT INTO original.users
SELECT id, email, username, name, bio, current_setting('load.hashed_password'), is_active, is_superuser, email_verified,
    created_at, updated_at
FROM users.users;

CREATE TABLE original.posts (
    id uuid PRIMARY KEY,
    author_id uuid NOT NULL REFERENCES original.users,
    slug varchar(120) NOT NULL UNIQUE,
    title varchar(200) NOT NULL,
    body text NOT NULL,
    tags varchar(50)[] NOT NULL,
    status varchar(10) NOT NULL,
    comments_count integer NOT NULL,
    published_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
INSERT INTO original.posts
SELECT id, author_id, slug, title, body, tags, status, comments_count, published_at, created_at, updated_at
FROM posts.posts;
CREATE INDEX ON original.posts (author_id);
CREATE INDEX ON original.posts (published_at DESC, id DESC) WHERE status = 'published';

ANALYZE;
