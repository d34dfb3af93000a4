import type { FlyApp, FlyMachine, FlyRelease, FlyState } from './flyState.ts';

/**
 * What a run of the stand-in for `fly` prints, how it ends, and the platform afterwards. Nothing here asks: without
 * `--yes` what the real program would ask about fails, as it does where no terminal is.
 */
export type FlyAnswer = Readonly<{ stdout: string; stderr: string; code: number; state: FlyState }>;

export type FlyCall = Readonly<{
  words: readonly string[];
  flags: Readonly<Record<string, string | true>>;
  state: FlyState;
  app: string;
  at: string;
}>;

export const says = (call: Pick<FlyCall, 'state'>, ...lines: readonly string[]): FlyAnswer => ({
  stdout: lines.map((line) => `${line}\n`).join(''),
  stderr: '',
  code: 0,
  state: call.state,
});

export const failing = (call: Pick<FlyCall, 'state'>, message: string, before: readonly string[] = []) => ({
  stdout: before.map((line) => `${line}\n`).join(''),
  stderr: `Error: ${message}\n`,
  code: 1,
  state: call.state,
});

export const json = (call: FlyCall, value: unknown): FlyAnswer => says(call, JSON.stringify(value, null, 4));

export function appOf({ state, app }: Pick<FlyCall, 'state' | 'app'>): FlyApp {
  const found = state.apps[app];
  if (found === undefined) throw new Error(`there is no app ${app}`);
  return found;
}

export const withApp = (call: FlyCall, app: FlyApp): FlyState => ({
  ...call.state,
  apps: { ...call.state.apps, [call.app]: app },
});

export const passes = (state: FlyState, { image, stuck }: FlyMachine): boolean =>
  !stuck && !state.brokenImages.includes(image);

export const newest = (app: FlyApp): FlyRelease | undefined => app.releases.at(-1);

export const table = (rows: readonly (readonly string[])[]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('\t')
      .trimEnd(),
  );
};
