import { useEffect, useState } from 'react';
import type { FaultRule, FaultsRequest, FaultsState } from '../../../emulator/personApi.ts';
import { changeFaults, fetchFaults } from '../api.ts';
import { useSession } from '../session.ts';
import { Switch } from './switch.tsx';

/** What can go wrong between Slack and the app, one rule for each switch. */
const presets: readonly { rule: FaultRule; name: string; help: string }[] = [
  {
    rule: { kind: 'rate_limited', method: 'chat.*', retryAfter: 3 },
    name: 'Rate limited',
    help: 'Messages are refused: try again in 3 s',
  },
  {
    rule: { kind: 'server_error', method: '*', status: 503 },
    name: 'Server errors',
    help: 'Every call is answered with HTTP 503',
  },
  {
    rule: { kind: 'lost_reply', method: 'chat.postMessage' },
    name: 'Lost replies',
    help: 'Messages are posted, but nobody hears of it',
  },
  {
    rule: { kind: 'delay', method: '*', delay: 2_000 },
    name: 'Slow calls',
    help: 'Every call waits for 2 s',
  },
  {
    rule: { kind: 'duplicate_event', event: '*' },
    name: 'Events twice',
    help: 'Each event is sent two times',
  },
  {
    rule: { kind: 'late_delivery', event: '*', delay: 4_000 },
    name: 'Late events',
    help: 'Events and clicks arrive after 4 s',
  },
  {
    rule: { kind: 'no_ack', event: '*' },
    name: 'Deaf to answers',
    help: 'Acknowledgements are not heard, events come again',
  },
  { rule: { kind: 'expired_trigger' }, name: 'Expired triggers', help: 'No form can be opened' },
  {
    rule: { kind: 'expired_response_url' },
    name: 'Expired response links',
    help: 'Private answers do not get through',
  },
];

export function SlackFaults({ changes }: { changes: number }) {
  const { notify } = useSession();
  const [faults, setFaults] = useState<FaultsState>({ rules: [], connections: 0 });

  // Asked again when the server says that they changed.
  useEffect(() => {
    let isStopped = false;
    fetchFaults()
      .then((state) => {
        if (!isStopped) setFaults(state);
      })
      .catch(() => undefined); // The page's banner says already that the workspace does not answer.
    return () => {
      isStopped = true;
    };
  }, [changes]);

  async function change(request: FaultsRequest): Promise<void> {
    try {
      setFaults(await changeFaults(request));
    } catch (error) {
      notify(
        `Slack's faults could not be changed: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  const isOn = (rule: FaultRule) => faults.rules.some(({ kind }) => kind === rule.kind);
  const turn = (rule: FaultRule, on: boolean) => {
    const others = faults.rules.filter(({ kind }) => kind !== rule.kind);
    void change({ act: 'set', rules: on ? [...others, rule] : others });
  };
  const count = faults.rules.length;
  return (
    <details className="slack-faults">
      <summary>Slack’s own faults {count > 0 && <span className="badge">{count} on</span>}</summary>
      <div className="switches">
        {presets.map(({ rule, name, help }) => (
          <Switch key={rule.kind} name={name} help={help} isOn={isOn(rule)} onTurn={(on) => turn(rule, on)} />
        ))}
      </div>
      <div className="fault-buttons">
        <button
          type="button"
          className="button button-small"
          onClick={() => void change({ act: 'drop_sockets' })}
        >
          Cut the Connection
        </button>
        <button
          type="button"
          className="button button-small"
          onClick={() => void change({ act: 'disconnect', reason: 'refresh_requested' })}
        >
          Ask for a New One
        </button>
        <button
          type="button"
          className="button button-small"
          disabled={count === 0}
          onClick={() => void change({ act: 'clear' })}
        >
          Switch All Off
        </button>
      </div>
    </details>
  );
}
