/** The folder that keeps the table from one start to the next: one process may use it at a time. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDirectory, systemErrorCode, systemErrorText } from './directory.ts';

export interface StateDirectory {
  /** The folder of the table's store. */
  readonly tableDirectory: string;
  readonly release: () => void;
}

/** The folder, created where there is none. @throws where another process uses it, or it cannot be written */
export function openStateDirectory(directory: string): StateDirectory {
  const lock = join(directory, 'in-use-by');
  try {
    createDirectory(directory);
    takeLock(lock, directory);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    throw new Error(
      `Opening the state directory: ${directory} must be a folder that can be written, found that the system refuses it: ${systemErrorText(error)} (${code})`,
      { cause: error },
    );
  }
  return { tableDirectory: join(directory, 'table'), release: () => rmSync(lock, { force: true }) };
}

function takeLock(lock: string, directory: string): void {
  const write = () => writeFileSync(lock, `${process.pid}\n`, { flag: 'wx' });
  try {
    write();
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
    const owner = Number.parseInt(readFileSync(lock, 'utf8'), 10);
    if (owner !== process.pid && isAlive(owner)) {
      throw new Error(
        `Opening the state directory: no other process may use ${directory}, found process ${owner}`,
      );
    }
    // Its owner was killed.
    rmSync(lock, { force: true });
    write();
  }
}

/** Whether a process with this id runs, whoever started it. */
export function isAlive(processId: number): boolean {
  if (!Number.isInteger(processId) || processId <= 0) return false;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    // Another user's process cannot be signalled, but is there.
    return systemErrorCode(error) === 'EPERM';
  }
}
