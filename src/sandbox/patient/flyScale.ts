import {
  appOf,
  type FlyAnswer,
  type FlyCall,
  failing,
  json,
  newest,
  passes,
  says,
  table,
  withApp,
} from './flyAnswer.ts';
import { type FlyApp, type FlyMachine, type FlyState, machineId } from './flyState.ts';

/** Machines of one size together, as `fly scale show` lists them. */
function groups(app: FlyApp) {
  const [first] = app.machines;
  if (first === undefined) return [];
  const regions = new Map<string, number>();
  for (const { region } of app.machines) regions.set(region, (regions.get(region) ?? 0) + 1);
  return [{ count: app.machines.length, cpus: first.cpus, memoryMb: first.memoryMb, regions }];
}

export function scaleShow(call: FlyCall): FlyAnswer {
  const found = groups(appOf(call));
  if (call.flags.json === true)
    return json(
      call,
      found.map(({ count, cpus, memoryMb, regions }) => ({
        Process: 'app',
        Count: count,
        CPUKind: 'shared',
        CPUs: cpus,
        Memory: memoryMb,
        Regions: Object.fromEntries(regions),
      })),
    );
  const rows = found.map(({ count, cpus, memoryMb, regions }) => [
    'app',
    String(count),
    'shared',
    String(cpus),
    `${memoryMb} MB`,
    [...regions].map(([region, machines]) => (machines === 1 ? region : `${region}(${machines})`)).join(','),
  ]);
  return says(
    call,
    `VM Resources for app: ${call.app}`,
    '',
    'Groups',
    ...table([['NAME', 'COUNT', 'KIND', 'CPUS', 'MEMORY', 'REGIONS'], ...rows]),
  );
}

/** More machines are copies of one that is there, so from none there is no way up but a deployment. */
export function scaleCount(call: FlyCall): FlyAnswer {
  const target = wholeNumber(call.words[0]);
  if (target === undefined) return failing(call, `failed to parse count '${call.words[0] ?? ''}'`);
  const app = appOf(call);
  const [first] = app.machines;
  const change = target - app.machines.length;
  if (change === 0) return says(call, 'App already scaled to desired state. No need for changes');
  if (first === undefined)
    return failing(call, `there are no machines in app ${call.app} to copy; deploy it first`);
  const plan = [
    `App '${call.app}' is going to be scaled according to this plan:`,
    `  ${change > 0 ? '+' : '-'}${Math.abs(change)} machines for group 'app' on region '${first.region}' of size 'shared-cpu-${first.cpus}x'`,
  ];
  if (call.flags.yes !== true) return failing(call, 'prompt: non interactive', plan);
  let { nextMachine } = call.state;
  const added = Array.from(
    { length: Math.max(0, change) },
    (): FlyMachine => ({
      ...first,
      id: machineId(nextMachine++),
      state: 'started',
      stuck: false,
      updatedAt: call.at,
    }),
  );
  // What is stopped goes first: nobody is served by it.
  const order = [...app.machines].sort(
    (a, b) => Number(b.state === 'stopped') - Number(a.state === 'stopped'),
  );
  const removed = change < 0 ? order.slice(0, -change) : [];
  const line = (what: string, { id, region, cpus }: FlyMachine) =>
    `  ${what} ${id} group:app region:${region} size:shared-cpu-${cpus}x`;
  const machines = [...app.machines.filter((machine) => !removed.includes(machine)), ...added];
  return says(
    { state: { ...released(call, { ...app, machines }), nextMachine } },
    ...plan,
    'Executing scale plan',
    ...added.map((machine) => line('Created', machine)),
    ...removed.map((machine) => line('Destroyed', machine)),
  );
}

export function scaleMemory(call: FlyCall): FlyAnswer {
  const memoryMb = wholeNumber(call.words[0]?.replace(/mb$/i, ''));
  if (memoryMb === undefined) return failing(call, `failed to parse memory '${call.words[0] ?? ''}'`);
  return resize(call, { memoryMb });
}

/** `fly scale vm shared-cpu-2x [--vm-memory 1024]`; a preset has 256 MB for each of its CPUs. */
export function scaleVm(call: FlyCall): FlyAnswer {
  const cpus = Number(/^shared-cpu-([1248])x$/.exec(call.words[0] ?? '')?.[1]);
  if (Number.isNaN(cpus)) return failing(call, `size '${call.words[0] ?? ''}' is not valid`);
  const memory = call.flags['vm-memory'];
  const memoryMb = typeof memory === 'string' ? wholeNumber(memory) : cpus * 256;
  if (memoryMb === undefined) return failing(call, `failed to parse memory '${String(memory)}'`);
  return resize(call, { cpus, memoryMb });
}

function resize(call: FlyCall, size: { cpus?: number; memoryMb: number }): FlyAnswer {
  const { memoryMb } = size;
  const app = appOf(call);
  const [first] = app.machines;
  if (first === undefined)
    return failing(call, "No active machines in process group 'app', check `fly status` output");
  const cpus = size.cpus ?? first.cpus;
  const least = 256;
  const most = 2_048 * cpus;
  if (memoryMb % least !== 0 || memoryMb < least || memoryMb > most)
    return failing(
      call,
      `invalid memory size ${memoryMb} MB: a shared-cpu-${cpus}x machine has ${least} to ${most} MB in steps of ${least}`,
    );
  const machines = app.machines.map(
    (machine): FlyMachine => ({ ...machine, cpus, memoryMb, stuck: false, updatedAt: call.at }),
  );
  const state = released(call, { ...app, machines });
  const lines = machines.flatMap((machine) => [
    `Updating machine ${machine.id}`,
    ...(machine.state === 'started' && passes(state, machine)
      ? [`  Waiting for ${machine.id} to become healthy (started, 1/1)`]
      : []),
    `Machine ${machine.id} updated successfully!`,
  ]);
  return says(
    { state },
    ...lines,
    `Scaled VM Type to 'shared-cpu-${cpus}x'`,
    `      CPU Cores: ${cpus}`,
    `         Memory: ${memoryMb} MB`,
  );
}

/** A change of size or count is a release too, with the image that is there. */
function released(call: FlyCall, app: FlyApp): FlyState {
  const last = newest(app);
  if (last === undefined) return withApp(call, app);
  const release = {
    ...last,
    version: last.version + 1,
    kind: 'scale',
    status: 'complete',
    at: call.at,
  } as const;
  return withApp(call, { ...app, releases: [...app.releases, release] });
}

const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
