/**
 * The constant scripts that run on the other host. What varies reaches them as arguments and on standard input, never
 * as part of their text. They need a POSIX shell and `timeout`; `setsid` is used where it is there.
 */

import type { SshTarget } from './messages.ts';
import { shellJoin, shellQuote } from './shellQuote.ts';

/** Begins and ends a notice of the run script on standard error: a character that is never text. */
export const NOTICE = '\u001e';

/**
 * Arguments: nonce, directory, seconds until TERM, seconds from TERM to KILL, number of secrets, program, arguments.
 *
 * Says `ready` when all is in place and waits for the line `go`, so that until then it is certain that nothing has
 * run, however the connection ends. Then come the secrets as NAME=value lines, since arguments are public on the host;
 * the rest of standard input is the program's. Says `started <group>` and at the end `exit <code>`: the end of the
 * connection is no sign, as a daemon left behind keeps it open.
 *
 * `timeout` ends the group only with TERM once its own child has gone, hence the KILL to the group afterwards.
 * A shell comments on a signal that ended a program, hence the silent wait.
 * Descriptor 3: the standard input of a background command would be /dev/null.
 */
const RUN_SCRIPT = `
notice() { printf '\\036%s %s\\036' "$nonce" "$1" >&2; }
nonce=$1 directory=$2 limit=$3 grace=$4 secrets=$5
shift 5
cd -- "$directory" 2>/dev/null || { notice 'refused no-directory'; exit 0; }
command -v timeout >/dev/null || { notice 'refused no-timeout-program'; exit 0; }
command -v "$1" >/dev/null || { notice 'refused no-program'; exit 0; }
own_group=$(command -v setsid) || own_group=
notice ready
IFS= read -r line || exit 0
[ "$line" = go ] || exit 0
while [ "$secrets" -gt 0 ]; do
  IFS= read -r line || exit 0
  export "$line"
  secrets=$((secrets - 1))
done
exec 3<&0
$own_group timeout -k "$grace" "$limit" "$@" <&3 3<&- &
group=$!
notice "started $group"
wait "$group" 2>/dev/null
code=$?
case $code in 124|137) kill -s KILL -- "-$group" 2>/dev/null ;; esac
notice "exit $code"
`;

/** Arguments: group, seconds from TERM to KILL. In the first moments the group may not exist yet, only its leader. */
const STOP_SCRIPT = `
kill -s TERM -- "-$1" 2>/dev/null || kill -s TERM "$1" 2>/dev/null || exit 0
left=$2
while [ "$left" -gt 0 ]; do
  sleep 1
  kill -s 0 -- "-$1" 2>/dev/null || exit 0
  left=$((left - 1))
done
kill -s KILL -- "-$1" 2>/dev/null
exit 0
`;

export interface RemoteRun {
  nonce: string;
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  limitSeconds: number;
  graceSeconds: number;
  secretCount: number;
}

/**
 * The line that sshd hands to the login shell. Of that shell it asks no more than single quotes and $HOME, $USER and
 * $PATH in double quotes; everything else happens in /bin/sh. The environment begins empty, as on the bot's own host.
 */
export function runCommandLine(target: SshTarget, run: RemoteRun): string {
  const path = target.path.length === 0 ? '"$PATH"' : `${shellQuote(`${target.path.join(':')}:`)}"$PATH"`;
  const declared = Object.entries(run.env).map(([name, value]) => `${name}=${shellQuote(value)}`);
  const settings = [
    'HOME="$HOME"',
    'USER="$USER"',
    'LOGNAME="$USER"',
    'LANG=C.UTF-8',
    `PATH=${path}`,
    ...declared,
  ];
  const script = shellJoin([
    '/bin/sh',
    '-c',
    RUN_SCRIPT,
    'genesis-run',
    run.nonce,
    target.directory,
    String(run.limitSeconds),
    String(run.graceSeconds),
    String(run.secretCount),
    ...run.argv,
  ]);
  return `exec env -i ${settings.join(' ')} ${script}`;
}

export function stopCommandLine(group: number, graceSeconds: number): string {
  return `exec ${shellJoin(['/bin/sh', '-c', STOP_SCRIPT, 'genesis-stop', String(group), String(graceSeconds)])}`;
}
