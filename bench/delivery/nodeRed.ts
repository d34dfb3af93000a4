import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Server, startProgram } from '../measure/server.ts';
import { freePort } from './alertmanager.ts';

export const nodeRedProgram = fileURLToPath(new URL('../node_modules/node-red/red.js', import.meta.url));

/** Node-RED with the shortest flow: a webhook comes in, is answered, and a message goes out over HTTP. */
export async function startNodeRed(options: {
  readonly directory: string;
  readonly hook: string;
}): Promise<Server> {
  const port = await freePort();
  const home = join(options.directory, 'node-red');
  await mkdir(home);
  const at = { z: 'flow', x: 0, y: 0 };
  const flow = [
    { id: 'flow', type: 'tab', label: 'alerts' },
    {
      ...at,
      id: 'in',
      type: 'http in',
      url: '/alertmanager',
      method: 'post',
      wires: [['message', 'answer']],
    },
    { ...at, id: 'answer', type: 'http response', statusCode: '200', headers: {}, wires: [] },
    {
      ...at,
      id: 'message',
      type: 'function',
      func: `return [msg.payload.alerts.map(({ labels, annotations }) => ({
        payload: { channel: '#genesis-monitoring', text: '*' + labels.alertname + '* ' + labels.severity + ': ' + annotations.summary },
      }))];`,
      outputs: 1,
      wires: [['out']],
    },
    {
      ...at,
      id: 'out',
      type: 'http request',
      method: 'POST',
      ret: 'txt',
      paytoqs: 'ignore',
      url: options.hook,
      persist: true,
      wires: [[]],
    },
  ];
  await writeFile(join(home, 'flows.json'), JSON.stringify(flow));
  await writeFile(
    join(home, 'settings.js'),
    `module.exports = { uiHost: '127.0.0.1', uiPort: ${port}, httpAdminRoot: false, httpNodeRoot: '/',
      flowFile: 'flows.json', credentialSecret: false, logging: { console: { level: 'error' } } };\n`,
  );
  const url = `http://127.0.0.1:${port}/alertmanager`;
  const server = await startProgram({
    command: [process.execPath, nodeRedProgram, '--userDir', home, '--settings', join(home, 'settings.js')],
    url,
    withinMs: 30_000,
  });
  await untilFlowRuns(url);
  return server;
}

/** It listens before its flows run, and answers 404 until then. */
async function untilFlowRuns(url: string): Promise<void> {
  const until = performance.now() + 15_000;
  while (performance.now() < until) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"alerts":[]}',
    });
    await response.arrayBuffer();
    if (response.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the flow of Node-RED does not run');
}
