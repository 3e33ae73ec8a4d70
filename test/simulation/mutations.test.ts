import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MUTATIONS } from './mutations.ts';

const POLLER = new URL('../../functions/poller/', import.meta.url);
const ROOT = new URL('../../', import.meta.url);

describe('the list of mutations', () => {
  test.each(MUTATIONS)('finds the code of "$name" exactly once', ({ file, find }) => {
    const source = readFileSync(new URL(file, POLLER), 'utf8');
    expect(source.split(find).length - 1).toBe(1);
  });

  test.each(MUTATIONS)('changes something where "$name"', ({ find, replace }) => {
    expect(replace).not.toBe(find);
  });

  test('names only tests that exist', () => {
    const files = MUTATIONS.flatMap(({ caughtBy }) => caughtBy).filter((catcher) => catcher !== 'simulation');
    expect(files.filter((file) => !existsSync(new URL(file, ROOT)))).toEqual([]);
  });

  test('has no name twice', () => {
    expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
  });
});
