/** The tables of people: who can sign in, who has, and which tokens there are. Secrets are here only as digests, but for those of authenticators, from which codes are computed. */
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
  `ALTER TABLE user ADD COLUMN kind TEXT NOT NULL DEFAULT 'password';
  ALTER TABLE user ADD COLUMN subject TEXT;
  ALTER TABLE user ADD COLUMN scope TEXT NOT NULL DEFAULT '{}';
  ALTER TABLE user ADD COLUMN factor TEXT;
  ALTER TABLE user ADD COLUMN factor_step INTEGER;
  CREATE TABLE recovery_code (
    user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE, digest TEXT NOT NULL, PRIMARY KEY (user, digest)
  ) STRICT;
  CREATE TABLE access_fact (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT;`,
] as const
