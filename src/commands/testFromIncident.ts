import { loadRoom } from '../adapters/playbooks/loadRoom.ts';
import { readTests } from '../adapters/playbooks/loadTests.ts';
import { createYamlReader } from '../adapters/playbooks/yamlReader.ts';
import { openSqliteReader, type Reader } from '../adapters/sqlite/reader.ts';
import type { Incident } from '../core/incident/incident.ts';
import { canonicalJson, sha256Hex } from '../core/playbook/canonical.ts';
import type { Definition } from '../core/playbook/definition.ts';
import type { Room } from '../core/playbook/room.ts';
import { type Exported, exportScenario } from '../core/rehearsal/exportScenario.ts';
import { play } from '../core/rehearsal/play.ts';
import type { Happened } from '../core/rehearsal/stage.ts';
import { isUndo } from '../core/run/undo.ts';
import { incidentNamed, isIncidentId } from '../core/stream.ts';
import type { RunView } from '../core/view.ts';

export type FromIncident = {
  /** The playbooks that the test is played against before it is printed. */
  readonly directory: string;
  readonly database: string;
  readonly id: string;
  readonly now: number;
};

/** `print` takes the test, `say` what is said about it: a line each, without its end. */
type Voices = { readonly print: (line: string) => void; readonly say: (line: string) => void };

/**
 * `genesis test --from-incident INC-12`: prints a scenario test of what happened, with a head that says what could not
 * be carried over. Gives the exit code: 0 where the test goes as the incident went, 1 where it does not or nothing is
 * printed.
 */
export async function testFromIncident(asked: FromIncident, { print, say }: Voices): Promise<number> {
  const found = await readIncident(asked);
  if (!found) {
    say(`There is no incident ${asked.id}.`);
    return 1;
  }
  const { incident, views } = found;
  if (incident.storm) {
    say(`${incident.id} collected a storm of alerts; its playbooks were walked in incidents of their own.`);
    return 1;
  }
  const { room } = await loadRoom({ directory: asked.directory, pace: 1 });
  if (!room) {
    say(
      `${asked.directory}: the playbooks cannot be read, so the test could not be played; see genesis lint.`,
    );
    return 1;
  }
  const pace = paceOf(views, room);
  const then = pace === 1 ? room : ((await loadRoom({ directory: asked.directory, pace })).room ?? room);
  const about = [
    `${incident.id}, ${incident.title.replaceAll(/\s+/g, ' ')}: opened ${written(incident.openedAt)}${incident.resolved ? `, resolved ${written(incident.resolved.at)}` : ', not resolved yet'}. Exported ${written(asked.now)}.`,
    ...(pace === 1 ? [] : [`It happened at ${pace} times the speed of life; times are written as in life.`]),
    ...changedSince(views, then),
  ];
  const name = `${incident.id}: ${incident.title}`;
  const tryOut = async (simple: boolean, more: readonly string[]) => {
    const exported = exportScenario({ ...found, name, pace, simple, about: [...about, ...more] });
    return exported && { exported, failure: await failureOf(exported, room) };
  };
  const exact = await tryOut(false, []);
  if (!exact) {
    say(`${incident.id} has nothing that a test could begin with.`);
    return 1;
  }
  const simple = exact.failure === null ? exact : await tryOut(true, [simplified]);
  const best = simple?.failure === null ? simple : exact;
  if (best.failure !== null)
    say(`Played against ${asked.directory} it does not go as it went: ${best.failure}`);
  print(best.exported.text.trimEnd());
  return best.failure === null ? 0 : 1;
}

const simplified =
  'Played with its own readings and times it ends otherwise, so each check stands for what came of it alone.';

const written = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

type Found = {
  readonly incident: Incident;
  readonly views: readonly RunView[];
  readonly log: readonly Happened[];
};

async function readIncident({ database, id: named }: FromIncident): Promise<Found | null> {
  const reader = openSqliteReader(database);
  try {
    const id = incidentNamed(named);
    const state = isIncidentId(id) ? await reader.state(id) : null;
    if (state?.kind !== 'incident') return null;
    const { incident } = state;
    const stored = [...(await reader.events({ stream: incident.id }))];
    const views: RunView[] = [];
    for (const run of incident.runs) {
      const view = await viewOf(reader, run);
      // Attached in the same transaction in which it was asked for, started in the next.
      if (!view) continue;
      views.push(view);
      stored.push(...(await reader.events({ stream: run })));
    }
    const log = stored.toSorted((a, b) => a.position - b.position);
    return { incident, views, log };
  } finally {
    reader.close();
  }
}

async function viewOf(reader: Reader, id: Incident['runs'][number]): Promise<RunView | null> {
  const state = await reader.state(id);
  if (state?.kind !== 'run') return null;
  const definition = await reader.definition(state.run.definition);
  return definition ? { run: state.run, definition } : null;
}

/** What the durations of today's playbooks were divided by: 1 wherever the bot serves people. */
function paceOf(views: readonly RunView[], room: Room): number {
  for (const { definition } of views) {
    const now = room.definitions[definition.playbook.name];
    if (!now) continue;
    for (const [name, { verify }] of Object.entries(definition.service.actions)) {
      const today = now.service.actions[name]?.verify;
      if (!verify || !today || verify.withinMs === 0) continue;
      return Math.max(1, Math.round(today.withinMs / verify.withinMs));
    }
  }
  return 1;
}

function changedSince(views: readonly RunView[], room: Room): readonly string[] {
  const names = [
    ...new Set(
      views.filter(({ definition }) => !isUndo(definition)).map(({ definition }) => definition.playbook.name),
    ),
  ];
  return names.flatMap((name) => {
    const now = room.definitions[name];
    if (!now) return [`The playbook ${name} that it was walked with is gone.`];
    const then = views.find(({ definition }) => definition.playbook.name === name)?.run.definition;
    return then === hashOf(now)
      ? []
      : [
          `The playbook ${name} or its service was changed since; the incident was walked with the older one.`,
        ];
  });
}

const hashOf = (definition: Definition): string => sha256Hex(canonicalJson(definition));

/** What goes otherwise when it is played against the playbooks as they are; null where nothing does. */
async function failureOf({ text }: Exported, room: Room): Promise<string | null> {
  const reader = createYamlReader();
  try {
    const { scenarios, problems } = await readTests(reader, { file: 'the test', text });
    const [scenario] = scenarios;
    if (!scenario) return problems[0]?.message ?? 'it cannot be read';
    const { failure } = play(scenario, room);
    return failure && `line ${failure.line}: ${failure.message}`;
  } finally {
    await reader.stop();
  }
}
