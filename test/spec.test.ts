import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MUTATIONS } from './simulation/mutations.ts';

const ROOT = new URL('../', import.meta.url);
const POLLER = new URL('functions/poller/', ROOT);
const SPEC = readFileSync(new URL('SPEC.md', POLLER), 'utf8');

interface Rule {
  readonly id: string;
  readonly files: readonly string[];
  readonly tests: readonly (readonly [file: string, name: string])[];
  /** Rules of the simulation's checker. */
  readonly simulated: readonly string[];
}

const rules: readonly Rule[] = [...SPEC.matchAll(/^\| ([IC]\d+) \| .*? \| (.*?) \| (.*) \|$/gm)].map(
  ([, id = '', enforced = '', shown = '']) => ({
    id,
    files: [...enforced.matchAll(/`([\w./-]+\.ts)`/g)].map(([, file = '']) => file),
    tests: [...shown.matchAll(/`(test\/[\w./-]+\.test\.ts) › ([^`]+)`/g)].map(
      ([, file = '', name = '']) => [file, name] as const,
    ),
    simulated: [...(/simulation: (.*)$/.exec(shown)?.[1] ?? '').matchAll(/`([\w-]+)`/g)].map(
      ([, rule = '']) => rule,
    ),
  }),
);

/** The rows of the table under a heading, cell by cell. */
function rowsUnder(heading: string): string[][] {
  const section = SPEC.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(1).map((line) => line.slice(2, -2).split(' | '));
}

function read(file: string): string {
  const url = new URL(file, ROOT);
  return existsSync(url) ? readFileSync(url, 'utf8') : '';
}

describe('SPEC.md', () => {
  test('numbers its invariants and must-nots without a gap', () => {
    const numbersOf = (letter: string) =>
      rules.filter(({ id }) => id.startsWith(letter)).map(({ id }) => Number(id.slice(1)));
    for (const letter of ['I', 'C']) {
      const numbers = numbersOf(letter);
      expect([numbers.length > 5, numbers]).toEqual([true, numbers.map((_, index) => index + 1)]);
    }
  });

  test('numbers its assumptions without a gap, in one table', () => {
    const [table = ''] = /^(\| S\d+ \|.*\n)+/m.exec(SPEC) ?? [];
    const numbers = [...table.matchAll(/^\| S(\d+) /gm)].map(([, number]) => Number(number));
    const all = [...SPEC.matchAll(/^\| S\d+ \|/gm)];
    expect([all.length > 10, numbers]).toEqual([true, all.map((_, index) => index + 1)]);
  });

  test.each(rules)('names code that exists for $id', ({ files }) => {
    const missing = files.filter((file) => !existsSync(new URL(file, POLLER)));
    expect([files.length > 0, missing]).toEqual([true, []]);
  });

  test.each(rules)('names a test for $id, and only tests that exist', ({ tests }) => {
    const missing = tests.filter(
      ([file, name]) => !['"', "'", '`'].some((quote) => read(file).includes(quote + name + quote)),
    );
    expect([tests.length > 0, missing]).toEqual([true, []]);
  });

  test('names only rules that the simulation checks', () => {
    const sources = globSync('test/simulation/**/*.ts', { cwd: ROOT }).map(read).join('\n');
    const unknown = rules
      .flatMap(({ simulated }) => simulated)
      .filter((rule) => !sources.includes(`'${rule}'`));
    expect(unknown).toEqual([]);
  });

  test('names every rule that the simulation checks', () => {
    const sources = globSync('test/simulation/**/*.ts', { cwd: ROOT }).map(read).join('\n');
    const checked = [...sources.matchAll(/blame\(\s*\w+,\s*'([\w-]+)'/g)].map(([, rule = '']) => rule);
    const named = new Set(rules.flatMap(({ simulated }) => simulated));
    expect([checked.length > 5, checked.filter((rule) => !named.has(rule))]).toEqual([true, []]);
  });

  test('reads the same by file as by rule', () => {
    const byFile = rowsUnder('The same, by file').flatMap(([file = '', ids = '']) =>
      ids.split(', ').map((id) => `${file.replaceAll('`', '')} ${id}`),
    );
    const byRule = rules.flatMap(({ id, files }) => files.map((file) => `${file} ${id}`));
    expect(byFile.toSorted()).toEqual([...new Set(byRule)].toSorted());
  });

  test('shows the mutations as they are', () => {
    const shown = rowsUnder('Deliberate breakages').map((cells) => cells.join(' | ').replaceAll('`', ''));
    expect(shown).toEqual(
      MUTATIONS.map(({ name, file, caughtBy }) => `${name} | ${file} | ${caughtBy.join(', ')}`),
    );
  });
});
