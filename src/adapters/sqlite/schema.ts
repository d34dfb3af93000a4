/**
 * Migrations in order, each applied once, in a transaction of its own; `user_version` counts them. Events are never
 * touched: what a migration brings up to date can be worked out from them.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE events (
    position  INTEGER PRIMARY KEY,
    stream    TEXT NOT NULL,
    version   INTEGER NOT NULL,
    type      TEXT NOT NULL,
    schema    INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    actor     TEXT NOT NULL,
    data      TEXT,
    data_hash TEXT NOT NULL,
    hash      TEXT NOT NULL,
    UNIQUE (stream, version)
  ) STRICT;

  CREATE TABLE effects (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    stream     TEXT NOT NULL,
    lane       TEXT,
    coalesce   TEXT,
    not_before INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    leased_at  INTEGER,
    created_at INTEGER NOT NULL,
    error      TEXT,
    body       TEXT NOT NULL
  ) STRICT;
  CREATE INDEX effects_lane ON effects (lane, id);
  CREATE INDEX effects_due ON effects (not_before) WHERE leased_at IS NULL;
  CREATE INDEX effects_coalesce ON effects (coalesce) WHERE coalesce IS NOT NULL AND leased_at IS NULL;

  CREATE TABLE claims (key TEXT PRIMARY KEY, stream TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE seen (key TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE definitions (hash TEXT PRIMARY KEY, canonical TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE messages (subject TEXT PRIMARY KEY, channel TEXT NOT NULL, ts TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE incidents (
    number     INTEGER PRIMARY KEY,
    open       INTEGER NOT NULL,
    service    TEXT,
    severity   TEXT NOT NULL,
    opened_at  INTEGER NOT NULL,
    channel    TEXT
  ) STRICT;
  CREATE INDEX incidents_open ON incidents (number) WHERE open = 1;
  CREATE INDEX incidents_channel ON incidents (channel) WHERE channel IS NOT NULL;

  CREATE TABLE runs (number INTEGER PRIMARY KEY) STRICT;
  `,
  // Finding the head of each lane by asking for its oldest effect takes time with every effect that waits; with the
  // answer kept in the row it takes time only with those that are due.
  `
  ALTER TABLE effects ADD COLUMN is_head INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE effects ADD COLUMN in_chat INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX effects_heads ON effects (in_chat, id) WHERE is_head = 1 AND leased_at IS NULL;
  CREATE INDEX effects_wake ON effects (in_chat, not_before) WHERE is_head = 1 AND leased_at IS NULL;
  DROP INDEX effects_due;
  `,
  // An episode says by itself that its notices were seen, and its time comes first, so that keys come in order.
  `
  DELETE FROM claims WHERE key GLOB 'notice:*';
  UPDATE claims
  SET key = 'episode:' || substr(key, instr(key, '@') + 1) || '@' || substr(key, 9, instr(key, '@') - 9)
  WHERE key GLOB 'episode:*@*';
  `,
  // Practice must not use up the places that real incidents have before they count as a storm.
  `
  ALTER TABLE incidents ADD COLUMN drill INTEGER NOT NULL DEFAULT 0;
  `,
  // Which freezes there are, and which of them stand: what a planned change has to know before it starts.
  `
  CREATE TABLE freezes (number INTEGER PRIMARY KEY, stands INTEGER NOT NULL) STRICT;
  CREATE INDEX freezes_standing ON freezes (number) WHERE stands = 1;
  `,
  // Incidents are numbered from 1 everywhere: what other services are told needs more to be nobody else's.
  `
  CREATE TABLE installation (mark TEXT NOT NULL) STRICT;
  INSERT INTO installation (mark) VALUES (lower(hex(randomblob(6))));
  `,
  // How people were called when they last did something: files are written while the chat is away, and events have ids alone.
  `
  CREATE TABLE people (id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  // Which watches there are, and which of them are on: what decides how soon an incident must be acknowledged.
  `
  CREATE TABLE watches (number INTEGER PRIMARY KEY, is_on INTEGER NOT NULL) STRICT;
  CREATE INDEX watches_on ON watches (number) WHERE is_on = 1;
  `,
];
