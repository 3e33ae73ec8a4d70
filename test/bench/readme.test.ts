import { describe, expect, test } from 'vitest';
import type { Row } from './case.ts';
import { writeFindings } from './readme.ts';

const ORDER = ['first', 'second', 'third'];

const README = `# Title

<!-- bench:measured -->
| case | figure |
|---|---|
| second | old |
| third | old, too |
<!-- /bench -->

Text between.

<!-- bench:of-second -->
<!-- /bench -->

The end.
`;

const row = (what: string, verdict: Row['verdict'] = 'met'): Row => ({
  what,
  poller: '1 | 2',
  target: '≤ 3',
  verdict,
});

const finding = (name: string, ...rows: readonly Row[]) => ({
  name,
  measured: '2026-11-25',
  report: { rows, notes: [], counts: {} },
});

describe('the findings in the README', () => {
  test('stand in the order of the cases, those that did not run as they were', () => {
    const written = writeFindings(README, [finding('second', row('new'), row('newer'))], ORDER);
    const figures = written
      .split('\n')
      .flatMap((line) => /^\| (\w+) \| ([^|]*?) \|/.exec(line)?.slice(1).join(' ') ?? []);
    expect(figures).toEqual(['case figure', 'second new', 'second newer', 'third old, too']);
  });

  test('leave the text around them alone', () => {
    const written = writeFindings(README, [finding('first', row('new'))], ORDER);
    expect(written.startsWith('# Title\n\n<!-- bench:measured -->\n')).toBe(true);
    expect(written).toContain('<!-- /bench -->\n\nText between.\n');
    expect(written.endsWith('\nThe end.\n')).toBe(true);
  });

  test('are the same when they are written twice', () => {
    const once = writeFindings(README, [finding('first', row('new'))], ORDER);
    expect(writeFindings(once, [finding('first', row('new'))], ORDER)).toBe(once);
  });

  test('say what was missed, when it was measured, and keep a cell whole that has a bar in it', () => {
    const written = writeFindings(README, [finding('first', row('new', 'explained'))], ORDER);
    expect(written).toContain('| first | new | 1 \\| 2 |  |  | **missed**: ≤ 3 | 2026-11-25 |');
  });

  test('have the tables that the README has a place for', () => {
    const table = { name: 'of-second', title: 'Of the second', head: ['a', 'b'], rows: [['1', '2']] };
    const other = { ...table, name: 'of-nobody', rows: [['3', '4']] };
    const { name, measured, report } = finding('second');
    const written = writeFindings(
      README,
      [{ name, measured, report: { ...report, tables: [table, other] } }],
      ORDER,
    );
    expect(written).toContain('<!-- bench:of-second -->\n| a | b |\n|---|---|\n| 1 | 2 |\n<!-- /bench -->');
    expect(written).not.toContain('| 3 | 4 |');
  });

  test('are not written into a place that has no end', () => {
    const open = README.replace(/<!-- \/bench -->/g, '');
    expect(() => writeFindings(open, [finding('first')], ORDER)).toThrow('bench:measured');
  });
});
