import { parse } from 'yaml';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { ask } from './ask.ts';
import { type Finding, findingsOf, some } from './finding.ts';

const { ok, warning, failed } = findingsOf('alertmanager');
const timeoutMs = 10_000;

const status = z.object({
  versionInfo: z.object({ version: z.string() }),
  config: z.object({ original: z.string() }).optional(),
});

const receiverSchema = z.object({
  name: z.string(),
  webhook_configs: z
    .array(
      z.object({
        url: z.string().optional(),
        url_file: z.string().optional(),
        send_resolved: z.boolean().default(true),
        max_alerts: z.number().default(0),
      }),
    )
    .default([]),
});
type Receiver = z.infer<typeof receiverSchema>;

type RouteSource = { receiver?: string | undefined; routes?: RouteSource[] | undefined };
const route: z.ZodType<RouteSource> = z.object({
  receiver: z.string().optional(),
  get routes() {
    return z.array(route).optional();
  },
});
const configSchema = z.object({ route, receivers: z.array(receiverSchema).default([]) });

const example = 'Take the receiver from playbooks/prometheus/alertmanager.example.yml.';

export async function alertmanagerFindings({ alertmanager }: Config): Promise<readonly Finding[]> {
  const { url, receiver } = alertmanager;
  if (url === null) return [];
  const asked = await ask(url, '/api/v2/status', { timeoutMs });
  const fix = 'Start it, or set ALERTMANAGER_URL to where it is.';
  if (asked.kind === 'silent') return [failed(`Alertmanager does not answer: ${asked.why}`, fix)];
  const answer = status.safeParse(asked.body);
  if (asked.status !== 200 || !answer.success)
    return [failed(`What answers at ALERTMANAGER_URL (${asked.status}) is no Alertmanager.`, fix)];
  const reached = ok(`Alertmanager ${answer.data.versionInfo.version} answers.`);
  const read = readConfig(answer.data.config?.original);
  if (read === null)
    return [reached, warning('Its configuration cannot be read, so its receivers were not looked at.')];
  return [reached, ...receiverFindings(read, receiver)];
}

function readConfig(original: string | undefined): z.infer<typeof configSchema> | null {
  if (original === undefined) return null;
  try {
    const read = configSchema.safeParse(parse(original, { maxAliasCount: 0 }));
    return read.success ? read.data : null;
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

function receiverFindings(
  { route: top, receivers }: z.infer<typeof configSchema>,
  named: string | null,
): readonly Finding[] {
  const ours = receivers.filter((receiver) => webhooksOf(receiver, named).length > 0);
  if (named !== null && !receivers.some(({ name }) => name === named)) {
    const known = some(receivers.map(({ name }) => name));
    const fix = `Set ALERTMANAGER_RECEIVER to one of: ${known}.`;
    return [warning(`Alertmanager has no receiver ${named} (ALERTMANAGER_RECEIVER).`, fix)];
  }
  if (ours.length === 0)
    return [warning('No receiver of Alertmanager has a webhook that ends in /alertmanager.', example)];
  const routed = new Set(receiversOf(top));
  return ours.flatMap((receiver): Finding[] => {
    const { name } = receiver;
    const findings: Finding[] = [];
    if (!routed.has(name))
      findings.push(warning(`No route of Alertmanager leads to the receiver ${name}.`, example));
    for (const { send_resolved: resolved, max_alerts: most } of webhooksOf(receiver, named)) {
      if (!resolved)
        findings.push(
          warning(
            `The receiver ${name} does not tell when alerts resolve.`,
            'Set send_resolved: true in it.',
          ),
        );
      if (most === 0)
        findings.push(
          warning(
            `The receiver ${name} has no max_alerts: a storm may become larger than the 1 MB that is taken.`,
            'Set max_alerts: 500 in it.',
          ),
        );
    }
    if (findings.length > 0) return findings;
    return [
      webhooksOf(receiver, named).some(isHidden)
        ? ok(`Its receiver ${name} has a webhook, whose address Alertmanager does not show.`)
        : ok(`Its receiver ${name} sends to /alertmanager.`),
    ];
  });
}

const isHidden = ({ url }: { readonly url?: string | undefined }): boolean =>
  url === undefined || url === '<secret>';

/** Newer versions hide the addresses of webhooks; then the receiver that the environment names has to do. */
const webhooksOf = ({ name, webhook_configs: webhooks }: Receiver, named: string | null) =>
  webhooks.filter((webhook) =>
    isHidden(webhook)
      ? named === null || name === named
      : /\/alertmanager\/?$/.test(URL.parse(webhook.url ?? '')?.pathname ?? ''),
  );

const receiversOf = ({ receiver, routes }: RouteSource): readonly string[] => [
  ...(receiver === undefined ? [] : [receiver]),
  ...(routes ?? []).flatMap(receiversOf),
];
