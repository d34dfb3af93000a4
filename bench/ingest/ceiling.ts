import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What Node can do at best: reads the webhook, parses it, answers, and keeps nothing. */
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    JSON.parse(Buffer.concat(chunks).toString('utf8'));
    response.end('{}');
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/alertmanager\n`);
});
process.stdin.resume().once('end', () => {
  server.close();
  server.closeAllConnections();
});
