import { appOf, type FlyAnswer, type FlyCall, failing, says } from './flyAnswer.ts';
import { checksList, machineList, machineRestart, machineStatus, status } from './flyMachines.ts';
import { deploy, releases } from './flyReleases.ts';
import { scaleCount, scaleMemory, scaleShow, scaleVm } from './flyScale.ts';
import type { FlyState } from './flyState.ts';

/** Flags by their long name; those with a value say so. */
const FLAGS: Readonly<Record<string, { long: string; value: boolean }>> = {
  '-a': { long: 'app', value: true },
  '--app': { long: 'app', value: true },
  '-c': { long: 'config', value: true },
  '--config': { long: 'config', value: true },
  '-i': { long: 'image', value: true },
  '--image': { long: 'image', value: true },
  '-j': { long: 'json', value: false },
  '--json': { long: 'json', value: false },
  '-y': { long: 'yes', value: false },
  '--yes': { long: 'yes', value: false },
  '-q': { long: 'quiet', value: false },
  '--quiet': { long: 'quiet', value: false },
  '-n': { long: 'no-tail', value: false },
  '--no-tail': { long: 'no-tail', value: false },
  '--vm-memory': { long: 'vm-memory', value: true },
  '--ha': { long: 'ha', value: false },
  '--strategy': { long: 'strategy', value: true },
  '--wait-timeout': { long: 'wait-timeout', value: true },
};

type Command = (call: FlyCall) => FlyAnswer;

const COMMANDS: Readonly<Record<string, Command>> = {
  status,
  releases,
  deploy,
  logs: (call) =>
    call.flags['no-tail'] === true
      ? says(call, ...appOf(call).logs)
      : failing(call, 'the stand-in does not follow logs; use --no-tail'),
  'machine list': machineList,
  'machine status': machineStatus,
  'machine restart': machineRestart,
  'checks list': checksList,
  'scale show': scaleShow,
  'scale count': scaleCount,
  'scale memory': scaleMemory,
  'scale vm': scaleVm,
};

/** The part of `fly` that the playbooks use, on a platform that is a value. `at` is the time of the run, ISO 8601. */
export function fly(args: readonly string[], state: FlyState, at: string): FlyAnswer {
  const read = readArguments(args);
  if (typeof read === 'string') return failing({ state }, read);
  const { words, flags } = read;
  const name = [words.slice(0, 2).join(' '), words[0] ?? ''].find((each) => Object.hasOwn(COMMANDS, each));
  if (words.join(' ') === 'auth whoami')
    return state.signedIn ? says({ state }, 'reliability@hotdash.example') : signedOut(state);
  const command = name === undefined ? undefined : COMMANDS[name];
  if (name === undefined || command === undefined)
    return failing({ state }, `unknown command "${words[0] ?? ''}" for "flyctl"`);
  if (!state.signedIn) return signedOut(state);
  if (!state.reachable) return failing({ state }, 'failed to query the platform: dial tcp: i/o timeout');
  const { app } = flags;
  if (typeof app !== 'string')
    return failing(
      { state },
      'the config for your app is missing an app name, add an app field to the fly.toml file or specify with the -a flag',
    );
  if (!Object.hasOwn(state.apps, app)) return failing({ state }, `Could not find App "${app}"`);
  return command({ words: words.slice(name.split(' ').length), flags, state, app, at });
}

const signedOut = (state: FlyState): FlyAnswer =>
  failing({ state }, "No access token available. Please login with 'flyctl auth login'");

/** A string is what is wrong with them. */
function readArguments(
  args: readonly string[],
): { words: readonly string[]; flags: Record<string, string | true> } | string {
  const words: string[] = [];
  const flags: Record<string, string | true> = {};
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (!arg.startsWith('-')) {
      words.push(arg);
      continue;
    }
    const [name = '', attached] = arg.startsWith('--') ? splitOnce(arg) : [arg];
    // `--image` of `releases` shows a column; that of `deploy` names one.
    const known = FLAGS[name];
    if (known === undefined) return `unknown flag: ${name}`;
    const takes = known.value && !(known.long === 'image' && words[0] === 'releases');
    if (!takes) {
      flags[known.long] = attached ?? true;
      continue;
    }
    const value = attached ?? args[++index];
    if (value === undefined) return `flag needs an argument: ${name}`;
    flags[known.long] = value;
  }
  return { words, flags };
}

const splitOnce = (arg: string): [string, string | undefined] => {
  const at = arg.indexOf('=');
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)];
};
