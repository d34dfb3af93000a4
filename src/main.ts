#!/usr/bin/env node
import { runCommandLine } from './commands/commandLine.ts';

// Whoever reads the output may have enough of it, as `genesis test | head` does: that is the end, and no mistake.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await runCommandLine(process.argv.slice(2), process.env);
