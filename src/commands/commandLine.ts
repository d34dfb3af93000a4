import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { type IncidentRole, incidentRoles } from '../core/access/access.ts';
import { type SchemaKind, schemaKinds } from '../core/playbook/schemaKind.ts';
import { nameText } from '../core/playbook/values.ts';
import { StoreFailed } from '../engine/ports.ts';
import type { PostMortemFormat } from './postmortem.ts';

type AccessFlags = {
  dir: string;
  groups?: string;
  role?: IncidentRole;
  channelMember?: boolean;
  json?: boolean;
};

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

/** It comes along, whether Genesis runs from its sources or from the package. */
const manifestFile = fileURLToPath(new URL('../../manifest.yml', import.meta.url));

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/**
 * Every command is loaded when it is asked for: with all of them at once `serve` would keep in memory what reads and checks
 * playbooks, 15 MB, and the small ones would take 0.36 s instead of 0.14 s.
 */
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
    .action(async (directory: string, options: { format: 'text' | 'github'; strict?: boolean }) => {
      const { lint } = await import('./lint.ts');
      done(await lint(directory, { ...options, today: Date.now() }));
    });
  program
    .command('test')
    .description('play the scenario tests that stand beside the playbooks')
    .argument('[dir]', 'the playbooks', env.PLAYBOOKS ?? 'playbooks')
    .option('--min-coverage <percent>', 'how many steps of every playbook must be entered', percent, 0)
    .option('--from-incident <id>', 'print a test of what happened in this incident instead, such as INC-12')
    .option(
      '--database <file>',
      'the database that the incident is read from; DATABASE_URL where it is left out',
    )
    .action(
      async (
        directory: string,
        options: { minCoverage: number; fromIncident?: string; database?: string },
      ) => {
        if (options.fromIncident !== undefined) {
          const { testFromIncident } = await import('./testFromIncident.ts');
          const file = options.database?.replace(/^sqlite:/, '') ?? database();
          const asked = { directory, database: file, id: options.fromIncident, now: Date.now() };
          done(await testFromIncident(asked, { print, say: (line) => process.stderr.write(`${line}\n`) }));
          return;
        }
        const { test } = await import('./test.ts');
        done(await test(directory, options));
      },
    );
  program
    .command('plan')
    .description(
      'exactly what a playbook would run, where, as whom, who must say yes, and the hash of its approval',
    )
    .argument('<playbook>')
    .option('--dir <dir>', 'the playbooks', env.PLAYBOOKS ?? 'playbooks')
    .option('--format <format>', 'text or json', oneOf(['text', 'json'] as const), 'text')
    .option('--json', 'as data, the same as --format json')
    .action(
      async (
        playbook: string,
        { dir, format, json }: { dir: string; format: 'text' | 'json'; json?: boolean },
      ) => {
        const { plan } = await import('./plan.ts');
        done(await plan({ directory: dir, playbook, format: json ? 'json' : format }, print));
      },
    );
  program
    .command('drill')
    .description('walk a playbook with stand-ins for everything that acts: nothing is run, read or posted')
    .argument('[playbook]')
    .option('--all', 'every playbook, the first way through each')
    .option('--first-fails', 'the first mitigation fails, so that the next one is practised')
    .option('--dir <dir>', 'the playbooks', env.PLAYBOOKS ?? 'playbooks')
    .action(
      async (
        playbook: string | undefined,
        options: { all?: boolean; firstFails?: boolean; dir: string },
        command: Command,
      ) => {
        if ((playbook === undefined) !== (options.all === true))
          command.error('Name one playbook, or say --all.', { exitCode: 2 });
        const { drill } = await import('./drill.ts');
        done(
          await drill(
            {
              directory: options.dir,
              playbook: playbook ?? null,
              firstFails: options.firstFails ?? false,
            },
            print,
          ),
        );
      },
    );
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
    .action(async (id?: string) => {
      const { incidents } = await import('./incidents.ts');
      done(await incidents({ database: database(), id: id ?? null }, print));
    });
  program
    .command('watch')
    .description('the watches that are on, or one: how soon what came meanwhile was acknowledged')
    .argument('[id]', 'such as WCH-1')
    .option('--json', 'as data')
    .action(async (id: string | undefined, options: { json?: boolean }) => {
      const { watch } = await import('./watch.ts');
      done(
        await watch(
          {
            database: database(),
            id: id ?? null,
            json: options.json ?? false,
            now: Date.now(),
            pace: Number(env.PACE) || 1,
          },
          print,
        ),
      );
    });
  program
    .command('postmortem')
    .description('the draft of a post-mortem, written from the log')
    .argument('<id>', 'such as INC-7')
    .option('--format <format>', 'md, html or json', oneOf(['md', 'html', 'json'] as const), 'md')
    .action(async (id: string, { format }: { format: PostMortemFormat }) => {
      const { postmortem } = await import('./postmortem.ts');
      const asked = { database: database(), id, format, now: Date.now(), pace: Number(env.PACE) || 1 };
      done(await postmortem(asked, print));
    });
  program
    .command('audit')
    .description('the hash chain over the log')
    .command('verify')
    .description('walk the chain and compare it with the signed head')
    .action(async () => {
      const { auditVerify } = await import('./audit.ts');
      const signed = { key: env.GENESIS_KEY ?? null, headFile: env.AUDIT_HEAD_FILE ?? null };
      done(await auditVerify({ database: database(), ...signed }, print));
    });
  program
    .command('export')
    .description('the whole log, one JSON object a line')
    .action(async () => {
      const { exportLog } = await import('./export.ts');
      done(await exportLog({ database: database() }, print));
    });
  program
    .command('access')
    .description('who may do what')
    .command('explain')
    .description('whether somebody may do something, which rule says so, and who else could')
    .argument(
      '<user>',
      '@handle, name, Slack user id or e-mail address; any name where --groups says the groups',
    )
    .argument('<action>', 'service/action, a right such as approve, or the name of a playbook')
    .option('--dir <dir>', 'the playbooks', env.PLAYBOOKS ?? 'playbooks')
    .option('--groups <names>', 'groups of access.yml that they are in, with commas; Slack is not asked')
    .option('--role <role>', 'as if they had this role in the incident', oneOf(incidentRoles))
    .option('--channel-member', 'as if they were in every channel that a group names')
    .option('--json', 'as data')
    .action(async (user: string, action: string, options: AccessFlags) => {
      const [{ explainAccess }, { slackPeople }] = await Promise.all([
        import('./access.ts'),
        import('./slackPeople.ts'),
      ]);
      const groups =
        options.groups
          ?.split(',')
          .map((each) => each.trim())
          .filter((each) => each !== '') ?? null;
      const asked = {
        directory: options.dir,
        user,
        action,
        groups,
        role: options.role ?? null,
        channelMember: options.channelMember ?? false,
        json: options.json ?? false,
        slack: groups === null ? slackPeople(env) : null,
      };
      done(await explainAccess(asked, print, (line) => process.stderr.write(`${line}\n`)));
    });
  program
    .command('backup')
    .description('a consistent copy of the database, also while the bot runs')
    .argument('<file>')
    .action(async (file: string) => {
      const { backup } = await import('./backup.ts');
      done(await backup({ database: database(), file }, print));
    });
  program
    .command('restore')
    .description('put a backup in the place of the database; the bot must be stopped')
    .argument('<backup>')
    .action(async (file: string) => {
      const { restore } = await import('./restore.ts');
      done(await restore({ database: database(), backup: file, now: Date.now() }, print));
    });
  program
    .command('doctor')
    .description('look at everything that serve needs, and say what is wrong and how to mend it')
    .option('--json', 'one JSON object a line')
    .action(async ({ json }: { json?: boolean }) => {
      const { doctor } = await import('./doctor.ts');
      done(await doctor({ env, manifest: manifestFile, json: json ?? false }, print));
    });
  program
    .command('manifest')
    .description('the Slack app to create: Socket Mode, or HTTP')
    .option('--http <url>', 'the https address at which Slack reaches the bot')
    .action(async ({ http }: { http?: string }) => {
      const { manifest } = await import('./manifest.ts');
      done(await manifest({ file: manifestFile, http: http ?? null }, print));
    });
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
