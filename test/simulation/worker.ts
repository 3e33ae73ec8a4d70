/** A process beside the first one: it is told seeds, and gives back what became of each. */
import { z } from 'zod';
import { FEATURES } from './schedule/features.ts';
import { drawSchedule } from './schedule/schedule.ts';
import { simulate } from './simulate.ts';

const taskSchema = z.object({
  seed: z.string(),
  reduction: z.object({
    without: z.array(z.enum(FEATURES)),
    events: z.number().optional(),
    invocations: z.number().optional(),
  }),
});

process.on('message', async (message) => {
  const { seed, reduction } = taskSchema.parse(message);
  const without = new Set(reduction.without);
  process.send?.(await simulate(drawSchedule(seed, { ...reduction, without })));
});
