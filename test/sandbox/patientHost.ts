import { execFile } from 'node:child_process';
import type { Patient } from '../../src/sandbox/patient/patient.ts';

/** Runs a program as a playbook would: in the checkout, with the patient's own programs first in PATH. */
export function runOn(patient: Patient, program: string, ...args: readonly string[]) {
  const env = { PATH: `${patient.bin}:${process.env.PATH}` };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve, reject) => {
    execFile(program, [...args], { cwd: patient.checkout, env }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}
