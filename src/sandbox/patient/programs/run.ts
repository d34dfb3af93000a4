import { df, dmesg } from './disk.ts';
import { docker } from './docker.ts';
import { journalctl } from './journalctl.ts';
import { free, iostat, mpstat, vmstat } from './load.ts';
import { curl, nslookup, ping } from './network.ts';
import { pip, python3 } from './python.ts';
import { systemctl } from './systemctl.ts';
import { type Answer, fails, type World } from './world.ts';

type Program = (args: readonly string[], world: World) => Answer | Promise<Answer>;

/** The programs of the patient's host that are not the machine's own; they take the real ones' arguments. */
const PROGRAMS: Readonly<Record<string, Program>> = {
  systemctl,
  journalctl,
  df,
  free,
  dmesg,
  docker,
  curl,
  ping,
  nslookup,
  mpstat,
  vmstat,
  iostat,
  python3,
  pip,
};

export const PROGRAM_NAMES: readonly string[] = Object.keys(PROGRAMS);

export async function runProgram(name: string, args: readonly string[], world: World): Promise<Answer> {
  const program = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
  return program === undefined ? fails(127, `${name}: command not found`) : program(args, world);
}
