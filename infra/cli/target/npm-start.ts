/** Whether there is an `npm start` to run: the repository has one, an installed package does not. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export function hasNpmStart(): boolean {
  return existsSync(fileURLToPath(new URL('../../local/start.ts', import.meta.url)));
}
