/** Folders that only their owner may look into. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { getSystemErrorMessage } from 'node:util';

const OWNER_ONLY = 0o700;

/**
 * Creates the folder and those above it, where they are missing. (Node's own `recursive` tries for ever where a file
 * system takes no folders, as /proc.)
 * @throws the system's error where it cannot be
 */
export function createDirectory(directory: string): void {
  const path = resolve(directory);
  if (existsSync(path) && statSync(path).isDirectory()) return;
  const parent = dirname(path);
  if (!existsSync(parent)) createDirectory(parent);
  mkdirSync(path, { mode: OWNER_ONLY });
}

/** The system's name of what went wrong, such as ENOENT; undefined for any other error. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** The system's own words for it, such as "no such file or directory"; undefined for any other error. */
export function systemErrorText(error: unknown): string | undefined {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number'
    ? getSystemErrorMessage(error.errno)
    : undefined;
}
