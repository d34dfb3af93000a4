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
import type { FlyMachine, FlyState } from './flyState.ts';

const checkOf = (state: FlyState, machine: FlyMachine) => {
  const passing = passes(state, machine);
  return {
    name: 'servicecheck-00-http-8080',
    status: passing ? 'passing' : 'critical',
    output: passing ? '{"status":"healthy"}' : 'connect: connection refused',
    updated_at: machine.updatedAt,
  };
};

const machineJson = (call: FlyCall, machine: FlyMachine, version: number) => {
  const [repository = '', tag = ''] = machine.image.replace(/^registry\.fly\.io\//, '').split(':');
  return {
    id: machine.id,
    name: `quiet-water-${machine.id.slice(0, 4)}`,
    state: machine.state,
    region: machine.region,
    image_ref: { registry: 'registry.fly.io', repository, tag },
    config: {
      image: machine.image,
      guest: { cpu_kind: 'shared', cpus: machine.cpus, memory_mb: machine.memoryMb },
      metadata: { fly_process_group: 'app', fly_release_version: String(version) },
    },
    // A machine that is stopped has nothing to check.
    checks: machine.state === 'started' ? [checkOf(call.state, machine)] : [],
    updated_at: machine.updatedAt,
  };
};

const health = (call: FlyCall, machine: FlyMachine): string =>
  machine.state === 'stopped' ? '' : `1 total, 1 ${passes(call.state, machine) ? 'passing' : 'critical'}`;

export function status(call: FlyCall): FlyAnswer {
  const app = appOf(call);
  const version = newest(app)?.version ?? 0;
  if (call.flags.json === true)
    return json(call, {
      Name: call.app,
      Hostname: `${call.app}.fly.dev`,
      Deployed: app.machines.length > 0,
      Version: version,
      Machines: app.machines.map((machine) => machineJson(call, machine, version)),
    });
  const rows = app.machines.map((machine) => [
    'app',
    machine.id,
    String(version),
    machine.region,
    machine.state,
    health(call, machine),
    machine.updatedAt,
  ]);
  return says(
    call,
    'App',
    `  Name     = ${call.app}`,
    '  Owner    = hotdash',
    `  Hostname = ${call.app}.fly.dev`,
    `  Image    = ${(app.machines[0]?.image ?? '-').replace(/^registry\.fly\.io\//, '')}`,
    '',
    ...(rows.length === 0
      ? []
      : [
          'Machines',
          ...table([['PROCESS', 'ID', 'VERSION', 'REGION', 'STATE', 'CHECKS', 'LAST UPDATED'], ...rows]),
        ]),
  );
}

export function machineList(call: FlyCall): FlyAnswer {
  const app = appOf(call);
  if (call.flags.json === true)
    return json(
      call,
      app.machines.map((machine) => machineJson(call, machine, newest(app)?.version ?? 0)),
    );
  if (call.flags.quiet === true) return says(call, ...app.machines.map(({ id }) => id));
  if (app.machines.length === 0) return says(call, `No machines are available on this app ${call.app}`);
  const rows = app.machines.map((machine) => [
    machine.id,
    `quiet-water-${machine.id.slice(0, 4)}`,
    machine.state,
    health(call, machine),
    machine.region,
    machine.image.replace(/^registry\.fly\.io\//, ''),
    machine.updatedAt,
  ]);
  return says(
    call,
    `${app.machines.length} machines have been retrieved from app ${call.app}.`,
    ...table([['ID', 'NAME', 'STATE', 'CHECKS', 'REGION', 'IMAGE', 'LAST UPDATED'], ...rows]),
  );
}

export function machineStatus(call: FlyCall): FlyAnswer {
  const machine = appOf(call).machines.find(({ id }) => id === call.words[0]);
  if (machine === undefined)
    return failing(call, `could not get machine ${call.words[0]}: machine not found`);
  return says(
    call,
    `Machine ID: ${machine.id}`,
    `State: ${machine.state}`,
    '',
    'VM',
    '  Process Group = app',
    '  CPU Kind      = shared',
    `  vCPUs         = ${machine.cpus}`,
    `  Memory        = ${machine.memoryMb}`,
    `  Image         = ${machine.image}`,
  );
}

export function machineRestart(call: FlyCall): FlyAnswer {
  const app = appOf(call);
  const missing = call.words.find((id) => !app.machines.some((machine) => machine.id === id));
  if (call.words.length === 0)
    return failing(call, 'a machine ID must be specified when not running interactively');
  if (missing !== undefined) return failing(call, `could not get machine ${missing}: machine not found`);
  const machines = app.machines.map(
    (machine): FlyMachine =>
      call.words.includes(machine.id)
        ? { ...machine, state: 'started', stuck: false, updatedAt: call.at }
        : machine,
  );
  const state = withApp(call, { ...app, machines });
  const lines: string[] = [];
  for (const machine of machines.filter(({ id }) => call.words.includes(id))) {
    lines.push(`Restarting machine ${machine.id}`);
    if (!passes(state, machine))
      return failing(
        { state },
        `failed to restart machine ${machine.id}: timeout reached waiting for health checks`,
        lines,
      );
    lines.push(
      `  Waiting for ${machine.id} to become healthy (started, 1/1)`,
      `Machine ${machine.id} restarted successfully!`,
    );
  }
  return says({ state }, ...lines);
}

export function checksList(call: FlyCall): FlyAnswer {
  const started = appOf(call).machines.filter((machine) => machine.state === 'started');
  if (call.flags.json === true)
    return json(
      call,
      Object.fromEntries(started.map((machine) => [machine.id, [checkOf(call.state, machine)]])),
    );
  const rows = started.map((machine) => {
    const { name, status: how, output, updated_at } = checkOf(call.state, machine);
    return [name, how, machine.id, updated_at, output];
  });
  return says(
    call,
    `Health Checks for ${call.app}`,
    ...table([['NAME', 'STATUS', 'MACHINE', 'LAST UPDATED', 'OUTPUT'], ...rows]),
  );
}
