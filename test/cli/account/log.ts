/** CloudWatch Logs' filter patterns over JSON lines, as far as the command line uses them. */
import { z } from 'zod';
import { parseLine } from '../../../infra/cli/target/run-line.ts';
import type { WrittenLine } from '../desk.ts';

const inputSchema = z.object({ filterPattern: z.string(), startTime: z.number() });

export function filterLog(lines: readonly WrittenLine[], input: unknown): object {
  const { filterPattern, startTime } = inputSchema.parse(input);
  const matches = compile(filterPattern);
  const events = lines.flatMap(({ at, text }, index) =>
    at >= startTime && matches(parseLine(text))
      ? [{ eventId: String(index), timestamp: at, message: `${text}\n` }]
      : [],
  );
  return { events };
}

/** `{ ($.a = "x") && ($.b = "y" || $.b = "z") }`; a star stands for any text. */
function compile(pattern: string): (line: unknown) => boolean {
  const terms = pattern.replace(/^\{ | \}$/g, '').split(' && ');
  const groups = terms.map((term) =>
    [...term.matchAll(/\$\.(\w+) = ("[^"]*")/g)].map(([, key = '', value = '""']) => ({
      key,
      value: z.string().parse(JSON.parse(value)),
    })),
  );
  if (groups.some((group) => group.length === 0)) throw new Error(`Invalid filter pattern ${pattern}`);
  return (line) =>
    typeof line === 'object' &&
    line !== null &&
    groups.every((group) =>
      group.some(({ key, value }) => {
        const found: unknown = Reflect.get(line, key);
        return typeof found === 'string' && (value === '*' || found === value);
      }),
    );
}
