// What `npm run generate` runs: every file that is made of a schema is written anew.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { GENERATED } from './generated.ts';

for (const [path, write] of Object.entries(GENERATED)) {
  const file = new URL(`../../${path}`, import.meta.url);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  writeFileSync(file, write(text));
}
