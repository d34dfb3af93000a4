import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Hubot with as little as it takes: an adapter that posts to the hook, and a script with one route that says each alert
 * in a room. It keeps nothing on disk.
 *
 * `node bench/delivery/hubot.ts <hook>` prints its address on a line of its own and ends with its standard input.
 */
type Robot = {
  readonly server: { address(): AddressInfo };
  readonly router: {
    post(
      path: string,
      handle: (
        request: { readonly body: { readonly alerts: readonly Alert[] } },
        response: { send(text: string): void },
      ) => void,
    ): void;
  };
  loadAdapter(): Promise<void>;
  run(): Promise<void>;
  messageRoom(room: string, text: string): Promise<void>;
};
type Alert = { readonly labels: Record<string, string>; readonly annotations: Record<string, string> };
type Hubot = {
  Adapter: new (robot: Robot) => object;
  Robot: new (adapter: object, httpd: boolean, name: string) => Robot;
};

process.env.EXPRESS_PORT = '0';
process.env.EXPRESS_BIND_ADDRESS = '127.0.0.1';
process.env.EXPRESS_LIMIT = '1mb';
process.env.HUBOT_LOG_LEVEL = 'error';
const [hook = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
// Not there unless the package beside this file was installed, so the compiler must not look for it.
const name = 'hubot';
const hubot = (await import(name)) as Hubot;

function post(text: string): Promise<void> {
  const body = JSON.stringify({ channel: '#genesis-monitoring', text });
  return new Promise((resolve, reject) => {
    const posted = request(
      hook,
      {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => response.resume().on('end', resolve),
    );
    posted.once('error', reject);
    posted.end(body);
  });
}

const adapter = {
  async use(robot: Robot) {
    const made = new hubot.Adapter(robot);
    return Object.assign(made, {
      send: async (_envelope: object, ...texts: readonly string[]) => {
        for (const text of texts) await post(text);
      },
      run: async () => {
        Object.assign(made, { isConnected: true });
      },
    });
  },
};
const robot = new hubot.Robot(adapter, true, 'hubot');
await robot.loadAdapter();
await robot.run();
robot.router.post('/alertmanager', (incoming, response) => {
  response.send('{}');
  for (const { labels, annotations } of incoming.body.alerts) {
    const text = `*${labels.alertname}* ${labels.severity}: ${annotations.summary}`;
    void robot.messageRoom('#genesis-monitoring', text);
  }
});
process.stdout.write(`http://127.0.0.1:${robot.server.address().port}/alertmanager\n`);
process.stdin.resume().once('end', () => process.exit(0));
