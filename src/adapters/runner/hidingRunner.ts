import { createLineKeeper } from '../../core/redact/lineKeeper.ts';
import { createRedactor } from '../../core/redact/redactor.ts';
import type { RunnerPort } from '../../engine/runnerPort.ts';

/**
 * Keeps the bot's own secrets out of what commands bring back. The executor hides the variables that it hands out, but
 * must never learn the bot's tokens; a command that prints a `.env` file, or the environment of the bot, shows them all
 * the same. `secrets` are the values.
 */
export function createHidingRunner<Port extends RunnerPort>(runner: Port, secrets: readonly string[]): Port {
  const redactor = createRedactor(secrets);
  const { redact } = redactor;

  return {
    ...runner,
    async run(request, watcher, signal) {
      const streams = { stdout: createLineKeeper(redactor), stderr: createLineKeeper(redactor) };
      const pass = (stream: 'stdout' | 'stderr', text: string) => {
        if (text !== '') watcher.onOutput({ stream, text });
      };
      const outcome = await runner.run(
        request,
        { onOutput: ({ stream, text }) => pass(stream, streams[stream].take(text)) },
        signal,
      );
      pass('stdout', streams.stdout.rest());
      pass('stderr', streams.stderr.rest());
      switch (outcome.kind) {
        case 'exited':
        case 'timed-out':
        case 'stopped':
          return { ...outcome, output: redactor.redactEnd(outcome.output) };
        case 'unknown':
          return {
            ...outcome,
            output: redactor.redactEnd(outcome.output),
            message: redact(outcome.message),
          };
        case 'refused':
          return { ...outcome, message: redact(outcome.message) };
        default: {
          const never: never = outcome;
          return never;
        }
      }
    },
    async read(request) {
      const outcome = await runner.read(request);
      if (outcome.kind !== 'read') return { ...outcome, message: redact(outcome.message) };
      return outcome.content !== null && redactor.holdsSecret(outcome.content)
        ? { kind: 'refused', code: 'holds-secret', message: holdsSecret(request.file) }
        : outcome;
    },
    async write(request) {
      // The previous content is stored for the undo, so it is looked at before anything is touched.
      const present = await runner.read(request);
      if (present.kind === 'refused') return { ...present, message: redact(present.message) };
      if (present.kind === 'unknown') {
        const message = `${request.file} stays as it is: what it holds could not be read. ${redact(present.message)}`;
        return { kind: 'refused', code: 'file-failed', message };
      }
      if (present.content !== null && redactor.holdsSecret(present.content)) {
        return { kind: 'refused', code: 'holds-secret', message: holdsSecret(request.file) };
      }
      const outcome = await runner.write(request);
      if (outcome.kind !== 'written') return { ...outcome, message: redact(outcome.message) };
      return outcome.previous !== null && redactor.holdsSecret(outcome.previous)
        ? {
            kind: 'unknown',
            message: `${request.file} was replaced, but at the same moment somebody had put a secret of the bot into it, so what it held is not kept.`,
          }
        : outcome;
    },
  };
}

const holdsSecret = (file: string): string =>
  `${file} stays as it is: its present content holds a secret of the bot, which must not be shown or stored.`;
