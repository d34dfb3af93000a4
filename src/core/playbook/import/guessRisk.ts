import { leastRisk } from '../commandRules.ts';
import type { Risk } from '../definition.ts';

const looksOnly = [
  'awk',
  'cat',
  'curl',
  'date',
  'df',
  'diff',
  'dig',
  'dmesg',
  'du',
  'file',
  'find',
  'free',
  'grep',
  'head',
  'host',
  'hostname',
  'id',
  'iostat',
  'journalctl',
  'jq',
  'ls',
  'lsof',
  'md5sum',
  'mpstat',
  'netstat',
  'nslookup',
  'pgrep',
  'ping',
  'ps',
  'sed',
  'sha256sum',
  'ss',
  'stat',
  'tail',
  'top',
  'traceroute',
  'uname',
  'uptime',
  'vmstat',
  'wc',
  'who',
];

/** Of programs with many faces, the verbs that only look. */
const looking: Readonly<Record<string, readonly string[]>> = {
  apt: ['list', 'show'],
  docker: ['ps', 'logs', 'inspect', 'stats', 'images', 'version', 'info', 'top', 'port'],
  fly: ['status', 'logs', 'releases', 'apps', 'auth', 'version', 'checks', 'ips'],
  flyctl: ['status', 'logs', 'releases', 'apps', 'auth', 'version', 'checks', 'ips'],
  git: [
    'status',
    'log',
    'diff',
    'show',
    'branch',
    'tag',
    'describe',
    'rev-parse',
    'remote',
    'ls-files',
    'blame',
  ],
  kubectl: ['get', 'describe', 'logs', 'top', 'version', 'explain'],
  npm: ['ls', 'list', 'outdated', 'view'],
  pip: ['list', 'show', 'freeze', 'check'],
  pip3: ['list', 'show', 'freeze', 'check'],
  systemctl: ['status', 'is-active', 'is-enabled', 'is-failed', 'show', 'list-units', 'list-timers', 'cat'],
};

/** Of `fly machine restart` and the like the second word says it all. */
const lookingSecond = ['list', 'ls', 'status', 'show', 'view'];

/**
 * What a command may do to the world, from its program and its arguments. Unlike lint, which holds an operator's choice
 * to a lower bound, this guesses for somebody who has not chosen yet: what is not known to look only is a change.
 */
export function guessRisk(argv: readonly string[]): Risk {
  const words = argv[0] === 'sudo' ? argv.slice(1) : argv;
  const program = (words[0] ?? '').split('/').at(-1) ?? '';
  const rest = words.slice(1);
  const verbs = rest.filter((each) => !each.startsWith('-'));
  const least = leastRisk(argv).risk;
  if (/^fly(?:ctl)?$/.test(program) && verbs[0] === 'scale' && verbs.includes('count') && verbs.includes('0'))
    return 'destructive';
  if (program === 'kubectl' && ['delete', 'drain'].includes(verbs[0] ?? '')) return 'destructive';
  if (program === 'kubectl' && ['rollout', 'scale', 'cordon'].includes(verbs[0] ?? ''))
    return verbs[1] === 'status' || verbs[1] === 'history' ? 'observe' : 'disruptive';
  if (least !== 'observe') return least;
  if (program === 'find')
    return rest.some((each) => /^-(?:delete|exec|execdir|ok|fprint)/.test(each)) ? 'change' : 'observe';
  if (program === 'journalctl')
    return rest.some((each) => each.startsWith('--vacuum')) ? 'disruptive' : 'observe';
  if (program === 'date' || program === 'hostname')
    return verbs.some((each) => !each.startsWith('+')) ? 'change' : 'observe';
  if (program === 'curl' && rest.some((each) => /^(?:-o|-O|--output|--remote-name)$/.test(each)))
    return rest.includes('/dev/null') ? 'observe' : 'change';
  if (looksOnly.includes(program)) return 'observe';
  // What a one-liner may do beyond importing was asked before it came here.
  if (/^python[\d.]*$/.test(program) && rest[0] === '-c') return 'observe';
  const known = Object.hasOwn(looking, program) ? looking[program] : undefined;
  if (known) {
    if (known.includes(verbs[0] ?? '')) return 'observe';
    if (program.startsWith('fly') && lookingSecond.includes(verbs[1] ?? '')) return 'observe';
    return 'change';
  }
  return byName([program, ...rest]);
}

/** Scripts say by their name what they are for. A dry run of whatever it is only looks. */
function byName(words: readonly string[]): Risk {
  if (words.some((each) => /^--(?:dry-run|check|plan|help|version)$/.test(each))) return 'observe';
  const script = words.find(
    (each, index) =>
      !each.startsWith('-') && (index > 0 || !/^(?:python[\d.]*|node|ruby|perl|bash|sh)$/.test(each)),
  );
  const name = (script ?? '').split('/').at(-1) ?? '';
  if (/rollback|roll_back|revert|deploy|restart|stop|shutdown|failover|migrate/i.test(name))
    return 'disruptive';
  if (/health|status|synthetic|verify|validate|show|list|report|coverage/i.test(name)) return 'observe';
  return 'change';
}
