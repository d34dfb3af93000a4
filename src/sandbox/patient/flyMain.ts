import { fly } from './flyProgram.ts';
import { readFlyState, writeFlyState } from './flyState.ts';

/** The program itself: `FLY_STATE` names the file that is the platform. */
const file = process.env.FLY_STATE;
if (file === undefined) throw new Error('FLY_STATE names no file');
const before = readFlyState(file);
const { stdout, stderr, code, state } = fly(process.argv.slice(2), before, new Date().toISOString());
if (state !== before) writeFlyState(file, state);
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = code;
