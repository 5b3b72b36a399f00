/** The tables of people: who can sign in, who has, and which tokens there are. Secrets are here only as digests. */
export const tables = [
  `CREATE TABLE user (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL, created_at INTEGER NOT NULL, seen_at INTEGER
  ) STRICT;
  CREATE TABLE token (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, name TEXT NOT NULL, role TEXT NOT NULL, scope TEXT NOT NULL,
    created_by TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, used_at INTEGER
  ) STRICT;
  CREATE TABLE session (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
    address TEXT NOT NULL, created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX session_user ON session (user);`,
] as const
