import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { type SchemaKind, schemaKinds } from '../core/playbook/jsonSchema.ts';
import { nameText } from '../core/playbook/values.ts';
import { StoreFailed } from '../engine/ports.ts';
import { auditVerify } from './audit.ts';
import { backup } from './backup.ts';
import { exportLog } from './export.ts';
import { incidents } from './incidents.ts';
import { lint } from './lint.ts';
import { manifest } from './manifest.ts';
import { type PostMortemFormat, postMortemFormats, postmortem } from './postmortem.ts';
import { restore } from './restore.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Parses the command line and runs one subcommand. Answers the exit code: 0 fine, 1 found problems, 2 wrong usage. */
export async function runCommandLine(argv: readonly string[], given: Env): Promise<number> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  // Here as in the configuration of the bot, an empty variable counts as not set.
  const env: Env = Object.fromEntries(
    Object.entries({ ...process.env, ...given }).filter(([, value]) => value !== ''),
  );
  let code = 0;
  const program = build(env, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof StoreFailed) {
      process.stderr.write(`${error.message}\n`);
      return 1;
    }
    throw error;
  }
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function build(env: Env, done: (code: number) => void): Command {
  const database = () => (env.DATABASE_URL ?? 'sqlite:genesis.db').replace(/^sqlite:/, '');
  const program = new Command('genesis')
    .description('An incident bot that runs the runbook.')
    .exitOverride()
    .showHelpAfterError('(genesis --help lists the commands)');

  program
    .command('serve')
    .description('run the bot, configured by the environment')
    .action(async () => {
      // Loaded only here: the other commands start in a tenth of the time without Slack and the rest.
      const { serve } = await import('./serve.ts');
      done(await serve(env));
    });
  program
    .command('sandbox')
    .description('the whole product on this machine: an emulated Slack, a service to break, and the bot')
    .option('--port <port>', 'where the page listens', wholeNumber, 8080)
    .option('--pace <n>', 'how many times as fast as life', pace, 20)
    .option('--stand-in', 'do not use Prometheus and Alertmanager even where they are installed')
    .action(async (options: { port: number; pace: number; standIn?: boolean }) => {
      const { sandbox } = await import('./sandbox.ts');
      done(
        await sandbox({ port: options.port, pace: options.pace, standIn: options.standIn ?? false, print }),
      );
    });
  program
    .command('lint')
    .description('check playbooks: file:line:column, what is wrong, and what was meant')
    .argument('[dir]', 'the playbooks', env.PLAYBOOKS ?? 'playbooks')
    .option('--format <format>', 'text or github', oneOf(['text', 'github'] as const), 'text')
    .option('--strict', 'fail on warnings too')
    .action(async (directory: string, options: { format: 'text' | 'github'; strict?: boolean }) =>
      done(await lint(directory, options)),
    );
  program
    .command('test')
    .description('play the scenario tests that stand beside the playbooks')
    .argument('[dir]', 'the playbooks', env.PLAYBOOKS ?? 'playbooks')
    .option('--min-coverage <percent>', 'how many steps of every playbook must be entered', percent, 0)
    .action(async (directory: string, options: { minCoverage: number }) => {
      const { test } = await import('./test.ts');
      done(await test(directory, options));
    });
  program
    .command('plan')
    .description('exactly what a playbook would run, where, as whom, and the hash of its approval')
    .argument('<playbook>')
    .option('--dir <dir>', 'the playbooks', env.PLAYBOOKS ?? 'playbooks')
    .option('--format <format>', 'text or json', oneOf(['text', 'json'] as const), 'text')
    .action(async (playbook: string, { dir, format }: { dir: string; format: 'text' | 'json' }) => {
      const { plan } = await import('./plan.ts');
      done(await plan({ directory: dir, playbook, format }, print));
    });
  program
    .command('schema')
    .description('JSON Schemas of the files of a room, for editors')
    .argument('[kind]', schemaKinds.join(', '), oneOf(schemaKinds))
    .option('--write <folder>', 'write one file a kind into a folder')
    .action(async (kind: SchemaKind | undefined, options: { write?: string }) => {
      const { schema } = await import('./schema.ts');
      done(await schema({ kind: kind ?? null, folder: options.write ?? null }, print));
    });
  program
    .command('import')
    .description('draft playbooks and a service file from a Markdown runbook')
    .argument('<runbook.md>')
    .option(
      '--out <dir>',
      'write the files below this folder instead of printing them; nothing is overwritten',
    )
    .option('--service <name>', 'name of the service; guessed from the commands where it is left out', name)
    .option('--host <name>', 'a name from hosts.yml; its first one where it is left out', name)
    .action(async (runbook: string, options: { out?: string; service?: string; host?: string }) => {
      // Loaded only here, as no other command reads Markdown.
      const { importRunbook } = await import('./import.ts');
      done(
        await importRunbook(
          {
            runbook,
            out: options.out ?? null,
            service: options.service ?? null,
            host: options.host ?? null,
            playbooks: env.PLAYBOOKS ?? 'playbooks',
          },
          { print, say: (line) => process.stderr.write(`${line}\n`) },
        ),
      );
    });
  program
    .command('incidents')
    .description('the newest incidents, or one with its whole log')
    .argument('[id]', 'such as INC-7')
    .action(async (id?: string) => done(await incidents({ database: database(), id: id ?? null }, print)));
  program
    .command('postmortem')
    .description('the draft of a post-mortem, written from the log')
    .argument('<id>', 'such as INC-7')
    .option('--format <format>', 'md, html or json', oneOf(postMortemFormats), 'md')
    .action(async (id: string, { format }: { format: PostMortemFormat }) =>
      done(await postmortem({ database: database(), id, format, now: Date.now() }, print)),
    );
  program
    .command('audit')
    .description('the hash chain over the log')
    .command('verify')
    .description('walk the chain and compare it with the signed head')
    .action(async () =>
      done(
        await auditVerify(
          { database: database(), key: env.GENESIS_KEY ?? null, headFile: env.AUDIT_HEAD_FILE ?? null },
          print,
        ),
      ),
    );
  program
    .command('export')
    .description('the whole log, one JSON object a line')
    .action(async () => done(await exportLog({ database: database() }, print)));
  program
    .command('backup')
    .description('a consistent copy of the database, also while the bot runs')
    .argument('<file>')
    .action(async (file: string) => done(await backup({ database: database(), file }, print)));
  program
    .command('restore')
    .description('put a backup in the place of the database; the bot must be stopped')
    .argument('<backup>')
    .action(async (file: string) =>
      done(await restore({ database: database(), backup: file, now: Date.now() }, print)),
    );
  program
    .command('manifest')
    .description('the Slack app to create: Socket Mode, or HTTP')
    .option('--http <url>', 'the https address at which Slack reaches the bot')
    .action(async ({ http }: { http?: string }) =>
      done(
        await manifest(
          { file: fileURLToPath(new URL('../../manifest.yml', import.meta.url)), http: http ?? null },
          print,
        ),
      ),
    );
  return program;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function name(text: string): string {
  if (!nameText.safeParse(text).success)
    throw new InvalidArgumentError('It must be a name: lower-case letters, digits, hyphens and underscores.');
  return text;
}

function percent(text: string): number {
  const value = wholeNumber(text);
  if (value > 100) throw new InvalidArgumentError('It must be from 0 to 100.');
  return value;
}

function pace(text: string): number {
  const value = wholeNumber(text);
  if (value < 1 || value > 1_000) throw new InvalidArgumentError('It must be from 1 to 1000.');
  return value;
}

const oneOf =
  <T extends string>(words: readonly T[]) =>
  (text: string): T => {
    const found = words.find((word) => word === text);
    if (!found) throw new InvalidArgumentError(`It must be one of ${words.join(', ')}.`);
    return found;
  };
