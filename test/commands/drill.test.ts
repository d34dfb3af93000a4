import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/commands/commandLine.ts';
import { type DrillOptions, drill } from '../../src/commands/drill.ts';

async function drilled(options: Partial<DrillOptions>): Promise<{ code: number; lines: readonly string[] }> {
  const lines: string[] = [];
  const given = { directory: 'playbooks', playbook: null, firstFails: false, answers: null, ...options };
  return { code: await drill(given, (line) => void lines.push(line)), lines };
}

describe('genesis drill', () => {
  it('walks every shipped playbook to its end', async ({ annotate }) => {
    const { code, lines } = await drilled({});
    expect(lines.filter((line) => line.includes('did not end'))).toEqual([]);
    expect(lines.at(-1)).toMatch(
      /^DRILL: \d+ playbooks, 0 not walked to their end\. Nothing was carried out\.$/,
    );
    expect(lines.slice(0, -1).every((line) => / (completed|ended) in /.test(line))).toBe(true);
    expect(code).toBe(0);
    await annotate(`${lines.length - 1} playbooks walked, nothing carried out`, 'figure');
  });

  it('prints each step, what would run, the verdicts and the times against the phases', async () => {
    const { code, lines } = await drilled({ playbook: 'high-error-rate' });
    const text = lines.join('\n');
    expect(code).toBe(0);
    expect(text).toContain('Which kind of error dominates?\n  → LLM rate limits or timeouts');
    expect(text).toContain('DRILL: would write config/llm_fallback.yaml');
    expect(text).toContain('DRILL: would run `systemctl restart genesis-orchestration` on genesis');
    expect(text).toContain('✓ Decompose without the language model: verified');
    for (const phase of ['0–2', '2–5', '5–30']) expect(text).toContain(`(phase ${phase} min): in time`);
    expect(text).toContain('things would have been done:');
  });

  it('lets the first mitigation fail, and goes on with the next try', async () => {
    const { code, lines } = await drilled({ playbook: 'high-error-rate', firstFails: true });
    const text = lines.join('\n');
    expect(code).toBe(0);
    expect(text).toContain('DRILL: this one fails, as was asked for');
    expect(text).toMatch(/✗ Decompose without the language model: failed[\s\S]*✓ Decompose without/);
  });

  it('takes the answers that are typed, and the first ones once nobody types any more', async () => {
    const { code, lines } = await drilled({
      playbook: 'high-error-rate',
      answers: Readable.from(['what\n', '2\n', 'n\n']),
    });
    const text = lines.join('\n');
    expect(code).toBe(0);
    expect(text).toContain('Type a number from 1 to');
    expect(text).not.toContain('config/llm_fallback.yaml');
  });

  it('says what was meant where there is no such playbook', async () => {
    const { code, lines } = await drilled({ playbook: 'high-eror-rate' });
    expect(code).toBe(1);
    expect(lines.join('\n')).toContain('high-error-rate');
  });

  it('wants one playbook or all of them', async () => {
    expect(await runCommandLine(['drill'], {})).toBe(2);
    expect(await runCommandLine(['drill', 'generic', '--all'], {})).toBe(2);
  });
});
