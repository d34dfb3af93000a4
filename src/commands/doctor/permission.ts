import { accessSync } from 'node:fs';

/** Whether this process has the permission; `mode` as in `constants` of node:fs. False too for what is not there. */
export function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
