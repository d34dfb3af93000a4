import { CONTAINERS, type Container, isRunning } from '../containers.ts';
import { type Answer, fails, prints, type World } from './world.ts';

/** The ports at which the real host serves genesis-orchestration. */
const SERVICE_PORTS = ['8000'];
/** What else listens on the real host, by the names of its containers. */
const CONTAINER_PORTS: ReadonlyMap<string, Container> = new Map(
  CONTAINERS.flatMap((container) => (container.port === undefined ? [] : [[container.port, container]])),
);
const LOOPBACK = ['localhost', '127.0.0.1'];
const DEFAULT_TIMEOUT_S = 30;
const WITH_VALUE = [
  '-o',
  '--output',
  '-w',
  '--write-out',
  '-m',
  '--max-time',
  '--connect-timeout',
  '-H',
  '--header',
  '-X',
  '--request',
];

type CurlOptions = Readonly<{
  url: string;
  fail: boolean;
  head: boolean;
  discard: boolean;
  writeOut: string;
  timeout: number;
}>;

/**
 * `curl` as the playbooks call it. `localhost:8000` is the patient's service; other names of this machine are asked for
 * real; the rest of the world is pretended, so that a sandbox sends nothing out.
 */
export async function curl(args: readonly string[], world: World): Promise<Answer> {
  const options = readArguments(args);
  if (options === undefined) return fails(2, 'curl: (2) no URL specified');
  if (!URL.canParse(options.url)) return fails(3, 'curl: (3) URL using bad/illegal format or missing URL');
  const url = new URL(options.url);
  if (!LOOPBACK.includes(url.hostname)) return outside(url, options, world);
  const container = CONTAINER_PORTS.get(url.port);
  if (container !== undefined) return ofContainer(container, url, options, world);
  if (SERVICE_PORTS.includes(url.port)) url.port = String(world.servicePort);
  return request(url, options);
}

function readArguments(args: readonly string[]): CurlOptions | undefined {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  let url: string | undefined;
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (WITH_VALUE.includes(arg)) {
      index += 1;
      values.set(arg, args[index] ?? '');
    } else if (arg.startsWith('--')) flags.add(arg);
    else if (arg.startsWith('-')) for (const letter of arg.slice(1)) flags.add(`-${letter}`);
    else url = arg.includes('://') ? arg : `http://${arg}`;
  }
  if (url === undefined) return undefined;
  const value = (...names: readonly string[]): string | undefined =>
    names.map((name) => values.get(name)).find(Boolean);
  return {
    url,
    fail: flags.has('-f') || flags.has('--fail'),
    head: flags.has('-I') || flags.has('--head'),
    discard: value('-o', '--output') === '/dev/null',
    writeOut: value('-w', '--write-out') ?? '',
    timeout: Number(value('-m', '--max-time', '--connect-timeout') ?? DEFAULT_TIMEOUT_S),
  };
}

async function request(url: URL, options: CurlOptions): Promise<Answer> {
  const started = performance.now();
  let response: Response;
  let body: string;
  try {
    const signal = AbortSignal.timeout(options.timeout * 1000);
    response = await fetch(url, { method: options.head ? 'HEAD' : 'GET', signal });
    body = await response.text();
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'TimeoutError') {
      return fails(28, `curl: (28) Operation timed out after ${options.timeout * 1000} milliseconds`);
    }
    return fails(
      7,
      `curl: (7) Failed to connect to ${url.hostname} port ${new URL(options.url).port || 80}: Connection refused`,
    );
  }
  if (options.fail && response.status >= 400) {
    return fails(22, `curl: (22) The requested URL returned error: ${response.status}`);
  }
  const shown = options.head ? `HTTP/1.1 ${response.status} ${response.statusText}\n\n` : body;
  const seconds = (performance.now() - started) / 1000;
  return {
    stdout:
      (options.discard ? '' : shown) +
      writeOut(options, { status: response.status, seconds, size: body.length }),
    stderr: '',
    code: 0,
  };
}

type Transfer = Readonly<{ status: number; seconds: number; size: number }>;

function writeOut({ writeOut: format }: CurlOptions, { status, seconds, size }: Transfer): string {
  return format
    .replaceAll('%{http_code}', String(status).padStart(3, '0'))
    .replaceAll('%{time_total}', seconds.toFixed(6))
    .replaceAll('%{size_download}', String(size))
    .replaceAll('\\n', '\n');
}

/** A container that the sandbox only pretends to have: what its own health endpoint would say. */
function ofContainer(container: Container, url: URL, options: CurlOptions, world: World): Answer {
  if (!isRunning(container, world.faults))
    return fails(7, `curl: (7) Failed to connect to localhost port ${url.port}: Connection refused`);
  const body = `${answerOf(container, url.pathname, world)}\n`;
  const transfer = { status: 200, seconds: 0.004, size: body.length };
  return { ...prints(), stdout: (options.discard ? '' : body) + writeOut(options, transfer) };
}

function answerOf({ name }: Container, path: string, world: World): string {
  if (name === 'genesis-a2a-service')
    return JSON.stringify({
      status: 'healthy',
      agents_loaded: 15,
      timestamp: new Date(world.now).toISOString(),
    });
  if (path === '/api/v1/targets')
    return JSON.stringify({ status: 'success', data: { activeTargets: targetsOf(world) } });
  if (path === '/api/health') return JSON.stringify({ database: 'ok' });
  return path === '/-/reload' ? '' : `${name} is Healthy.`;
}

function targetsOf(world: World): unknown[] {
  const target = (job: string, up: boolean) => ({ labels: { job }, health: up ? 'up' : 'down' });
  return [
    target('genesis-orchestration', world.unit.kind === 'active'),
    target('node', true),
    ...CONTAINERS.flatMap((container) =>
      container.job === undefined ? [] : [target(container.job, isRunning(container, world.faults))],
    ),
  ];
}

const networkIsDown = (world: World): boolean => world.faults.includes('network-errors');

function outside(url: URL, options: CurlOptions, world: World): Answer {
  if (networkIsDown(world))
    return fails(28, `curl: (28) Failed to connect to ${url.hostname} port 443: Connection timed out`);
  const slow = world.faults.includes('slow') ? 4.2 : 0.18;
  const head = 'HTTP/1.1 200 OK\nserver: sandbox\n\n';
  const body = options.head ? head : 'pretended by the sandbox\n';
  return {
    ...prints(),
    stdout:
      (options.discard ? '' : body) + writeOut(options, { status: 200, seconds: slow, size: body.length }),
  };
}

/** `ping -c <count> <host>`; without a count it would never end, so it then sends one. */
export function ping(args: readonly string[], world: World): Answer {
  const counted = args.indexOf('-c');
  const count = Math.min(20, Math.max(1, Number(counted < 0 ? 1 : args[counted + 1]) || 1));
  const host = args.findLast(
    (arg, index) => !arg.startsWith('-') && args[index - 1] !== '-c' && args[index - 1] !== '-W',
  );
  if (host === undefined) return fails(2, 'ping: usage error: Destination address required');
  const down = networkIsDown(world);
  const replies = down
    ? []
    : Array.from(
        { length: count },
        (_, n) => `64 bytes from ${host} (203.0.113.10): icmp_seq=${n + 1} ttl=54 time=11.${n} ms`,
      );
  const answer = prints(
    `PING ${host} (203.0.113.10) 56(84) bytes of data.`,
    ...replies,
    '',
    `--- ${host} ping statistics ---`,
    `${count} packets transmitted, ${replies.length} received, ${down ? 100 : 0}% packet loss`,
  );
  return { ...answer, code: down ? 1 : 0 };
}

export function nslookup(args: readonly string[], world: World): Answer {
  const host = args.find((arg) => !arg.startsWith('-')) ?? '';
  if (networkIsDown(world))
    return { ...prints(';; connection timed out; no servers could be reached', ''), code: 1 };
  return prints(
    'Server:\t\t203.0.113.53',
    'Address:\t203.0.113.53#53',
    '',
    'Non-authoritative answer:',
    `Name:\t${host}`,
    'Address: 203.0.113.10',
  );
}
