/** Where a command works, by its global flags. The clients of AWS are loaded here, once they are needed. */
import { findRunning, type Running } from '../../local/control/announcement.ts';
import { CliFailure, EXIT } from '../failure.ts';
import type { Io } from '../io.ts';
import type { StartGuard } from './aws/follow-bus.ts';
import type { Target } from './target.ts';

export interface TargetFlags {
  readonly stack: string;
  readonly local: boolean;
  readonly running?: string | undefined;
}

/** @throws CliFailure where neither can be reached */
export async function openTarget(
  { stack, local, running }: TargetFlags,
  io: Io,
  startGuard: StartGuard | undefined,
): Promise<Target> {
  if (local || running !== undefined) {
    const { openLocalTarget } = await import('./local/local-target.ts');
    return openLocalTarget(running, io.canAsk ? (all) => choose(io, all) : undefined);
  }
  const { openAwsTarget } = await import('./aws/aws-target.ts');
  try {
    return await openAwsTarget(stack, startGuard);
  } catch (error) {
    if (!(error instanceof CliFailure) || (await findRunning()).length === 0) throw error;
    throw new CliFailure(
      error.message,
      `An npm start runs here: {events --local} works on that one.`,
      EXIT.unreachable,
    );
  }
}

async function choose(io: Io, all: readonly Running[]): Promise<Running | undefined> {
  const options = all.map(({ processId, about }) => `process ${processId}: ${about}`);
  const chosen = await io.choose('Which npm start is meant?', options);
  return all[options.indexOf(chosen)];
}
