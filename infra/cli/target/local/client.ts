/** The `npm start` that runs on this machine: found by the file it announces itself in, asked over loopback. */
import { z } from 'zod';
import {
  askRunning,
  describeNoAnnouncement,
  findRunning,
  type Running,
  readRunning,
} from '../../../local/control/announcement.ts';
import { stackSchema } from '../../../local/control/control.ts';
import { CliFailure, EXIT } from '../../failure.ts';
import { hasNpmStart } from '../npm-start.ts';

const runSchema = z.object({
  at: z.number(),
  ok: z.boolean(),
  logs: z.array(z.string()),
  errorMessage: z.string().optional(),
});
const invocationSchema = z.object({
  ok: z.boolean(),
  payload: z.string().optional(),
  errorMessage: z.string().optional(),
});

export type LocalRun = z.output<typeof runSchema>;

/** Lets a person choose one of several. */
export type ChooseRunning = (running: readonly Running[]) => Promise<Running | undefined>;

export interface LocalClient {
  readonly processId: number;
  readonly startedAt: number;
  readonly readStack: () => Promise<z.output<typeof stackSchema>>;
  readonly invoke: (payload: string) => Promise<z.output<typeof invocationSchema>>;
  /** The portal's latest runs, the oldest first, as far as they are kept. */
  readonly readRuns: (portal: string) => Promise<readonly LocalRun[]>;
  readonly setPaused: (portal: string, isPaused: boolean) => Promise<void>;
  /** Resolves when the signal is aborted. @throws where npm start ends */
  readonly readEvents: (onEvent: (envelope: unknown) => void, signal: AbortSignal) => Promise<void>;
  readonly isAlive: () => Promise<boolean>;
}

/**
 * @param file the announcement of one; where not given, the one that runs in this folder
 * @throws CliFailure where none runs, the file is none, or it is not clear which of several is meant
 */
export async function findLocal(
  file: string | undefined,
  choose: ChooseRunning | undefined,
): Promise<LocalClient> {
  const running = await (file === undefined ? findOne(choose) : readOne(file));
  const ask = async (path: string, init?: RequestInit): Promise<unknown> =>
    (await askRunning(running, path, init)).json();
  return {
    processId: running.processId,
    startedAt: Date.parse(running.startedAt),
    readStack: async () => stackSchema.parse(await ask('stack')),
    invoke: async (body) => invocationSchema.parse(await ask('invoke', { method: 'POST', body })),
    readRuns: async (portal) => z.array(runSchema).parse(await ask(`history/${portal}`)),
    setPaused: async (portal, isPaused) => {
      await ask(`${isPaused ? 'pause' : 'resume'}/${portal}`, { method: 'POST' });
    },
    readEvents: (onEvent, signal) => readEvents(running, onEvent, signal),
    isAlive: async () => (await readRunning(running.file)) !== undefined,
  };
}

/** @throws CliFailure where the file is none that an npm start wrote, or its npm start is no more */
async function readOne(file: string): Promise<Running> {
  const found = describeNoAnnouncement(file);
  if (found !== undefined)
    throw new CliFailure(
      `--running: must be the file that an npm start announced itself in; found ${found}`,
      'Leave --running out to have one found.',
      EXIT.usage,
    );
  const running = await readRunning(file);
  if (running !== undefined) return running;
  throw new CliFailure(
    `The npm start that announced itself in ${file} does not answer.`,
    'Start it again, or leave --running out to have one found.',
    EXIT.unreachable,
  );
}

async function findOne(choose: ChooseRunning | undefined): Promise<Running> {
  const all = await findRunning();
  const [first] = all;
  if (first === undefined) {
    throw new CliFailure(
      'No npm start runs here.',
      hasNpmStart()
        ? 'Start one, or leave --local out to work on the deployed stack.'
        : 'Leave --local out to work on the deployed stack; npm start is of the repository.',
      EXIT.unreachable,
    );
  }
  if (all.length === 1) return first;
  if (choose !== undefined) return (await choose(all)) ?? first;
  const list = all.map((each) => `  --running ${each.file}  ${each.about}`);
  throw new CliFailure(
    `Which npm start is meant? ${all.length} run here:\n${list.join('\n')}`,
    'Add one of these --running.',
    EXIT.usage,
  );
}

/** One JSON text a line, as it happens. */
async function readEvents(
  running: Running,
  onEvent: (envelope: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { body } = await askRunning(running, 'events', { signal });
    let rest = '';
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onEvent(JSON.parse(line));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (!signal.aborted) throw new Error('The npm start has ended.');
}
