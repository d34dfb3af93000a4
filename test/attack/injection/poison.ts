/** Fields that choose between shapes; everything else in a state may be anybody's words. */
const shapes = new Set([
  'kind',
  'unit',
  'verdict',
  'authority',
  'undo',
  'risk',
  'phase',
  'moment',
  'offers',
  'severity',
  'claim',
  'type',
]);

/** Where names of entries are somebody's words too. */
const books = new Set(['steps', 'indicators', 'actions', 'hosts', 'links', 'labels', 'answers']);

/** Numbers of our own making, and addresses of the workspace. */
const ours = /^(?:INC|RUN)-[\d.]+$/;

/**
 * A text of each field of a value, at any depth. Entries of one list or book are the same field, and so is what lies
 * alike below them, so that a hundred alerts count as one.
 */
export function textsIn(value: unknown): readonly string[] {
  const found = new Map<string, string>();
  const add = (path: readonly string[], text: string): void => {
    const field = path
      .map((name) => (/^[a-z][A-Za-z]*$/.test(name) ? name : '*'))
      .slice(-4)
      .join('.');
    if (!found.has(field)) found.set(field, text);
  };
  const walk = (each: unknown, path: readonly string[]): void => {
    const under = path.at(-1) ?? '';
    if (typeof each === 'string') {
      if (!shapes.has(under) && !ours.test(each)) add(path, each);
      return;
    }
    if (Array.isArray(each)) {
      for (const item of each) walk(item, [...path, '*']);
      return;
    }
    if (typeof each !== 'object' || each === null) return;
    for (const [key, inner] of Object.entries(each)) {
      if (books.has(under)) add([...path, 'name'], key);
      walk(inner, [...path, books.has(under) ? '*' : key]);
    }
  };
  walk(value, []);
  return [...new Set(found.values())];
}

/**
 * The value with every text replaced that `change` answers with another, wherever it stands and also where it names an
 * entry, so that what refers to each other still does.
 */
export function replaced<T>(value: T, change: (text: string) => string): T {
  const walk = (each: unknown, under: string): unknown => {
    if (typeof each === 'string') return shapes.has(under) || ours.test(each) ? each : change(each);
    if (Array.isArray(each)) return each.map((item) => walk(item, ''));
    if (typeof each !== 'object' || each === null) return each;
    return Object.fromEntries(
      Object.entries(each).map(
        ([key, inner]) => [books.has(under) ? change(key) : key, walk(inner, key)] as const,
      ),
    );
  };
  return walk(value, '') as T;
}
