/**
 * The tables of the SQLite file, and how a file of an earlier release gets the tables of this one.
 *
 * Every change of a table raises the version and adds a migration. The first process of a new release migrates the file, in
 * one transaction. A release refuses a file whose version it does not know.
 */
import type { SqliteSession } from './sqlite-session.js';

/**
 * What leads from one version to the next, the first from a file without tables. `bot` is the app id, `thread` as
 * `threadId` makes it, and every time is in milliseconds since 1970.
 */
const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE handover_threads (
  bot TEXT NOT NULL,
  thread TEXT NOT NULL,
  open_id TEXT,
  forgettable INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (bot, thread)
) WITHOUT ROWID;
CREATE INDEX handover_threads_open ON handover_threads (bot, open_id) WHERE open_id IS NOT NULL;

CREATE TABLE handover_set_aside (
  bot TEXT NOT NULL,
  label TEXT NOT NULL,
  thread TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (bot, label)
) WITHOUT ROWID;

-- A row is a lease on an event. The slots of a thread are its order.
CREATE TABLE handover_tickets (
  bot TEXT NOT NULL,
  thread TEXT NOT NULL,
  event TEXT NOT NULL,
  process TEXT NOT NULL,
  slot INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  PRIMARY KEY (bot, thread, event)
) WITHOUT ROWID;

-- Has no thread: a customer who is forgotten is not in it.
CREATE TABLE handover_finished (
  bot TEXT NOT NULL,
  event TEXT NOT NULL,
  process TEXT NOT NULL,
  expires_ms INTEGER NOT NULL,
  PRIMARY KEY (bot, event)
) WITHOUT ROWID;

CREATE TABLE handover_deadlines (
  bot TEXT NOT NULL,
  thread TEXT NOT NULL,
  name TEXT NOT NULL,
  at_ms REAL NOT NULL,
  hidden_until_ms INTEGER NOT NULL,
  PRIMARY KEY (bot, thread, name)
) WITHOUT ROWID;
CREATE INDEX handover_deadlines_time ON handover_deadlines (bot, at_ms);

-- until_ms is 0 for a delivery that was given back; it then has no process.
CREATE TABLE handover_inbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  bot TEXT NOT NULL,
  body TEXT NOT NULL,
  process TEXT,
  until_ms INTEGER NOT NULL,
  losses INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  alone INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX handover_inbox_lease ON handover_inbox (bot, until_ms);

-- When a process last looked for deliveries to take over, and until when it takes over only what was given back.
CREATE TABLE handover_inbox_polls (
  bot TEXT PRIMARY KEY,
  polled_ms INTEGER NOT NULL,
  not_before_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE handover_inbox_aside (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  bot TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX handover_inbox_aside_bot ON handover_inbox_aside (bot);
`,
];

/** The version that this release reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

const VERSION_TABLE = 'handover_schema';

/** The version of the file's tables; 0 if it has none. */
export function schemaVersion(session: SqliteSession): number {
  const table = session.get(`SELECT name FROM sqlite_schema WHERE name = '${VERSION_TABLE}'`);
  if (table === undefined) return 0;
  return Number(session.get(`SELECT MAX(version) AS version FROM ${VERSION_TABLE}`)?.['version'] ?? 0);
}

/** Gives the file the tables of this release. Runs inside a transaction; another process may have been faster. */
export function migrate(session: SqliteSession, nowMs: number): void {
  const from = schemaVersion(session);
  if (from === 0)
    session.exec(`CREATE TABLE ${VERSION_TABLE} (version INTEGER PRIMARY KEY, since_ms INTEGER NOT NULL)`);
  for (const [index, sql] of MIGRATIONS.entries()) {
    const version = index + 1;
    if (version <= from) continue;
    session.exec(sql);
    session.run(`INSERT INTO ${VERSION_TABLE} (version, since_ms) VALUES (@version, @nowMs)`, { version, nowMs });
  }
}
