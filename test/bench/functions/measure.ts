/** What an invocation cost the process it ran in: told beside the function's own result. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';

/** Where the profile of each invocation is written, where it is set. */
const PROFILE_VARIABLE = 'BENCH_PROFILE';
const SAMPLE_MICROSECONDS = 200;

export const measuredSchema = z.object({
  /** CPU time of all the process's threads, in the invocation alone. */
  cpuMs: z.number(),
  wallMs: z.number(),
  /** The most memory the process ever had, its code and libraries included. */
  peakRssMb: z.number(),
  writeUnits: z.number(),
  readUnits: z.number(),
});

export type Measured = z.output<typeof measuredSchema>;

const units = { written: 0, read: 0 };

/** The function's result, with what it took. */
export async function measure(
  invoke: () => Promise<object>,
): Promise<object & { readonly measured: Measured }> {
  const profile = await startProfile(process.env[PROFILE_VARIABLE]);
  const [cpu, startedAt, { written, read }] = [process.cpuUsage(), performance.now(), { ...units }];
  const result = await invoke();
  const { user, system } = process.cpuUsage(cpu);
  const wallMs = performance.now() - startedAt;
  await profile?.();
  return {
    ...result,
    measured: {
      cpuMs: (user + system) / 1000,
      wallMs,
      peakRssMb: readPeakRssMb(),
      writeUnits: units.written - written,
      readUnits: units.read - read,
    },
  };
}

/**
 * The most memory this process had since its program was loaded. Not `resourceUsage().maxRSS` where Linux knows better:
 * there a process begins with the peak of the one that started it, here the benchmark's own.
 */
function readPeakRssMb(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  if (kilobytes === undefined) throw new Error('Reading /proc/self/status: it must have VmHWM, found none');
  return Number(kilobytes) / 1024;
}

/** Starts a profile where a file is named; gives what ends and writes it. */
async function startProfile(file: string | undefined): Promise<(() => Promise<void>) | undefined> {
  if (file === undefined) return undefined;
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_MICROSECONDS });
  await session.post('Profiler.start');
  return async () => {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    await writeFile(file, JSON.stringify(profile));
  };
}

const consumedSchema = z.object({ CapacityUnits: z.number() });

/**
 * Counts what DynamoDB says its answers cost: every command asks for it. A failed condition tells nothing and costs
 * one unit.
 */
export function countUnits(): void {
  const send: unknown = Reflect.get(DynamoDBClient.prototype, 'send');
  if (typeof send !== 'function') throw new Error('Counting units: the client must have send');
  Reflect.set(DynamoDBClient.prototype, 'send', async function (this: unknown, command: object) {
    const input: unknown = Reflect.get(command, 'input');
    if (typeof input === 'object' && input !== null) Reflect.set(input, 'ReturnConsumedCapacity', 'TOTAL');
    const isRead = command instanceof GetItemCommand || command instanceof QueryCommand;
    try {
      const answer: unknown = await Reflect.apply(send, this, [command]);
      const consumed: unknown =
        typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'ConsumedCapacity') : [];
      const parts = [consumed].flat().map((part) => consumedSchema.parse(part).CapacityUnits);
      const sum = parts.reduce((total, part) => total + part, 0);
      if (isRead) units.read += sum;
      else units.written += sum;
      return answer;
    } catch (thrown) {
      if (thrown instanceof Error && thrown.name === 'ConditionalCheckFailedException') units.written += 1;
      throw thrown;
    }
  });
}
