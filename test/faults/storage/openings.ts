import Database from 'better-sqlite3';

/**
 * Loaded before a program (`node --import`), it watches or spoils how that program opens databases, by `OPENINGS`:
 *
 *   tell    at the end of each one, `opened <file> synchronous=<what SQLite says>` on standard error
 *   ignore  a SQLite that takes no notice of a demand for synchronous=FULL
 *   pretend the same, and it says that it took notice
 */
const mode = process.env.OPENINGS;
const { close, pragma } = Database.prototype;

if (mode === 'tell') {
  Database.prototype.close = function (this: Database.Database) {
    // What holds the lock is no data, and is never written to.
    if (this.open && !this.name.endsWith('.lock')) {
      const synchronous = pragma.call(this, 'synchronous', { simple: true });
      process.stderr.write(`opened ${this.name} synchronous=${synchronous}\n`);
    }
    return close.call(this);
  };
}

if (mode === 'ignore' || mode === 'pretend') {
  Database.prototype.pragma = function (source: string, options?: Database.PragmaOptions) {
    if (/^synchronous *=/.test(source)) return [];
    if (mode === 'pretend' && source === 'synchronous') return 2;
    return pragma.call(this, source, options);
  };
}
