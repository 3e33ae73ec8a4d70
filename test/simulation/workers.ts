/** Schedules in several processes: each takes the next seed when it is done with one. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Judgement } from './checker/checker.ts';
import type { Reduction } from './schedule/features.ts';

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));

const judgementSchema = z.object({
  violations: z.array(z.object({ rule: z.string(), text: z.string() })),
  runs: z.number(),
  events: z.number(),
  promised: z.number(),
  kills: z.number(),
  repeats: z.object({
    total: z.number(),
    worstOfKill: z.number(),
    afterKills: z.number(),
    afterLostAnswers: z.number(),
    afterLedgerFailures: z.number(),
    ofPairs: z.number(),
  }),
});

/** Runs the seeds' schedules; `tell` gets each judgement, one at a time, and ends it all by giving false. */
export async function simulateMany(
  seeds: Iterator<string>,
  reduction: Reduction,
  processes: number,
  tell: (seed: string, judgement: Judgement) => Promise<boolean>,
): Promise<void> {
  let isOver = false;
  let telling: Promise<unknown> = Promise.resolve();

  async function work(): Promise<void> {
    const worker = fork(WORKER, { execArgv: process.execArgv });
    const ended = once(worker, 'exit').then(([code]) => {
      throw new Error(`Simulating: a process ended with ${String(code)} before its schedule did.`);
    });
    // Met only while an answer is awaited.
    ended.catch(() => undefined);
    try {
      for (let next = seeds.next(); !isOver && next.done !== true; next = seeds.next()) {
        const seed = next.value;
        const answer = once(worker, 'message');
        worker.send({ seed, reduction: { ...reduction, without: [...reduction.without] } });
        const [message] = await Promise.race([answer, ended]);
        const judgement = judgementSchema.parse(message);
        telling = telling.then(async () => {
          if (!isOver && !(await tell(seed, judgement))) isOver = true;
        });
        await telling;
      }
    } finally {
      worker.disconnect();
    }
  }

  await Promise.all(Array.from({ length: processes }, work));
}
