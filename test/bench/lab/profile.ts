/** Reads a CPU profile of V8: which functions the time went to. */
import { z } from 'zod';

const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({
        functionName: z.string(),
        url: z.string(),
        lineNumber: z.number(),
      }),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

export interface HotFunction {
  readonly name: string;
  /** The source or the built-in module, without the folders. */
  readonly where: string;
  readonly selfMs: number;
}

/** Gives where a line of the measured script comes from. */
export type LineNames = (line: number) => string | undefined;

/** The functions by the time spent in themselves, the hottest first; waiting is not among them. */
export function readProfile(text: string, nameLine: LineNames): readonly HotFunction[] {
  const { nodes, samples, timeDeltas } = profileSchema.parse(JSON.parse(text));
  const selfMs = new Map<number, number>();
  for (const [index, id] of samples.entries())
    selfMs.set(id, (selfMs.get(id) ?? 0) + (timeDeltas[index] ?? 0) / 1_000);
  const byFunction = new Map<string, HotFunction>();
  for (const { id, callFrame } of nodes) {
    const name = callFrame.functionName || '(anonymous)';
    if (name === '(idle)' || name === '(root)') continue;
    const where = callFrame.url.startsWith('node:')
      ? callFrame.url
      : callFrame.url === ''
        ? 'V8'
        : (nameLine(callFrame.lineNumber) ?? '');
    const key = `${name} ${where}`;
    const before = byFunction.get(key)?.selfMs ?? 0;
    byFunction.set(key, { name, where, selfMs: before + (selfMs.get(id) ?? 0) });
  }
  return [...byFunction.values()].sort((a, b) => b.selfMs - a.selfMs);
}

/** esbuild writes each source's path before its part of an unminified bundle. */
export function nameLinesOf(script: string): LineNames {
  const names: string[] = [];
  let current = '';
  for (const line of script.split('\n')) {
    current = /^ *\/\/ ([\w@./-]+\.[cm]?[jt]s)$/.exec(line)?.[1] ?? current;
    names.push(current);
  }
  return (line) => names[line]?.replace(/^.*node_modules\//, '');
}
