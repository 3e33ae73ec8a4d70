import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryName } from '../../infra/build/temporary.ts';
import { removeLeftovers } from '../../infra/local/leftovers.ts';

/** No system gives a process this id. */
const GONE = 2 ** 22 + 1;

test('folders of processes that are gone are removed, and nothing else', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'leftovers-'));
  const kept = [
    `${temporaryName('stack')}abcdef`,
    `hubspot-events-${hostname()}-${process.ppid}-abcdef`,
    `hubspot-events-elsewhere-${GONE}-abcdef`,
    `hubspot-events-${hostname()}-${GONE}-abcdef-mine`,
    `other-${hostname()}-${GONE}-abcdef`,
    'hubspot-events-abcdef',
    'poller-bundle-abcdef',
  ];
  const left = [`hubspot-events-${hostname()}-${GONE}-abcdef`, `poller-bundle-${hostname()}-${GONE}-ABC123`];
  for (const name of [...kept, ...left]) {
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, 'file'), '');
  }
  await removeLeftovers(directory);
  expect(readdirSync(directory).sort()).toEqual(kept.sort());
  await removeLeftovers(join(directory, 'nowhere'));
  rmSync(directory, { recursive: true });
});
