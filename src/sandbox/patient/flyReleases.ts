import {
  appOf,
  type FlyAnswer,
  type FlyCall,
  failing,
  json,
  newest,
  says,
  table,
  withApp,
} from './flyAnswer.ts';
import { type FlyMachine, type FlyRelease, type FlyState, machineId } from './flyState.ts';

export function releases(call: FlyCall): FlyAnswer {
  const list = [...appOf(call).releases].reverse();
  if (call.flags.json === true)
    return json(
      call,
      list.map(({ version, image, status: how, kind, at }) => ({
        ID: `release-${version}`,
        Version: version,
        Status: how,
        Description: kind === 'deploy' ? 'Release' : 'Scale',
        CreatedAt: at,
        ImageRef: image,
      })),
    );
  const images = call.flags.image !== undefined;
  const rows = list.map(({ version, status: how, kind, at, image }) => [
    `v${version}`,
    how,
    kind === 'deploy' ? 'Release' : 'Scale',
    'reliability@hotdash.example',
    at,
    ...(images ? [image] : []),
  ]);
  return says(
    call,
    ...table([
      ['VERSION', 'STATUS', 'DESCRIPTION', 'USER', 'DATE', ...(images ? ['DOCKER IMAGE'] : [])],
      ...rows,
    ]),
  );
}

/** Puts the image on every machine, one after the other; with none left it seeds new ones. */
export function deploy(call: FlyCall): FlyAnswer {
  const { image } = call.flags;
  if (typeof image !== 'string') return failing(call, 'the stand-in builds nothing; use --image');
  const app = appOf(call);
  const known = app.releases.some((release) => release.image === image);
  if (!known) return failing(call, `failed to get manifest for ${image}: not found`);
  let { nextMachine } = call.state;
  const seeds = call.flags.ha === 'false' ? 1 : 2;
  const size = { region: 'ord', cpus: 1, memoryMb: 512 };
  const machines = (
    app.machines.length > 0
      ? app.machines
      : Array.from({ length: seeds }, () => ({ id: machineId(nextMachine++), ...size }))
  ).map((machine): FlyMachine => ({ ...machine, image, state: 'started', stuck: false, updatedAt: call.at }));
  const broken = call.state.brokenImages.includes(image);
  const version = (newest(app)?.version ?? 0) + 1;
  const release: FlyRelease = {
    version,
    kind: 'deploy',
    image,
    status: broken ? 'failed' : 'complete',
    at: call.at,
  };
  const state: FlyState = {
    ...withApp(call, { ...app, machines, releases: [...app.releases, release] }),
    nextMachine,
  };
  const lines = [
    '==> Verifying app config',
    `Searching for image '${image}' remotely...`,
    'image found: img_stand_in',
    `Watch your deployment at https://fly.io/apps/${call.app}/monitoring`,
    `Updating existing machines in '${call.app}' with rolling strategy`,
    ...machines.map(({ id }) => ` > Machine ${id} [app] has state: started`),
  ];
  if (broken)
    return failing(
      { state },
      `failed to update machine ${machines[0]?.id}: Unrecoverable error: timeout reached waiting for health checks to pass for machine ${machines[0]?.id}`,
      lines,
    );
  return says({ state }, ...lines, `Visit your newly deployed app at https://${call.app}.fly.dev/`);
}
