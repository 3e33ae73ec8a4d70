/** `watermark set` and `quarantine list|clear`: changes to a checkpoint, as the poller itself would write them. */
import { type Checkpoint, clearFailure } from '../../functions/poller/core/checkpoint.ts';
import { CliFailure, EXIT } from './failure.ts';
import { confirm, type Io } from './io.ts';
import { storeOf, type Target, type TargetPortal } from './target.ts';

/**
 * The checkpoint with its watermark at an instant. Passes in progress are given up: they would move it again. The
 * floor goes along, or the next live pass would not read what lies before it, and the next sweep what was skipped.
 */
export function moveWatermark(checkpoint: Checkpoint, to: number): Checkpoint {
  const floor = to < checkpoint.watermark ? Math.min(checkpoint.floor, to) : to;
  return { ...checkpoint, watermark: to, floor, live: undefined, sweep: undefined };
}

/** What a move will repeat or skip, in a sentence. */
export function describeMove({ stream, watermark }: Checkpoint, to: number): string {
  const [from, until] = to < watermark ? [to, watermark] : [watermark, to];
  const span = `from ${new Date(from).toISOString()} to ${new Date(until).toISOString()}`;
  return to < watermark
    ? `Stream ${stream} will be read again ${span}; events that the ledger no longer knows are published again.`
    : `Stream ${stream} will skip everything ${span}: those events never reach the bus, unless you backfill them.`;
}

export async function setWatermark(
  io: Io,
  target: Target,
  { name: portal }: TargetPortal,
  { stream, to, yes }: { readonly stream: string; readonly to: number; readonly yes: boolean },
): Promise<void> {
  const checkpoint = await findCheckpoint(io, target, portal, stream);
  if (to > io.now())
    throw new CliFailure('A watermark lies in the past.', 'Give --to an instant before now.', EXIT.usage);
  io.out(`${target.about}: ${describeMove(checkpoint, to)}`);
  await confirm(io, 'Move the watermark?', yes);
  const { revision } = await storeOf(target, io.now()).saveCheckpoint(portal, moveWatermark(checkpoint, to));
  io.out(`Moved to ${new Date(to).toISOString()} (revision ${revision}).`);
}

export async function listQuarantine(io: Io, target: Target, { name: portal }: TargetPortal): Promise<void> {
  const { checkpoints } = await storeOf(target, io.now()).readPortal(portal);
  const found = checkpoints.filter(({ quarantine }) => quarantine !== undefined);
  if (found.length === 0) io.out(`No stream of portal ${portal} is quarantined.`);
  for (const { stream, quarantine } of found) {
    const since = new Date(quarantine?.since ?? 0).toISOString();
    const retryAt = new Date(quarantine?.retryAt ?? 0).toISOString();
    io.out(`${stream}: since ${since}, tried again ${retryAt}: ${quarantine?.reason}`);
  }
}

/** Lets a stream be tried at the next run instead of the next day. */
export async function clearQuarantine(
  io: Io,
  target: Target,
  { name: portal }: TargetPortal,
  stream: string,
): Promise<void> {
  const checkpoint = await findCheckpoint(io, target, portal, stream);
  if (checkpoint.quarantine === undefined)
    throw new CliFailure(`Stream ${stream} is not quarantined.`, 'See npm run events -- quarantine list.');
  await storeOf(target, io.now()).saveCheckpoint(portal, clearFailure(checkpoint));
  io.out(
    `Stream ${stream} is polled at the next run; should HubSpot still refuse it, it is set aside again.`,
  );
}

async function findCheckpoint(io: Io, target: Target, portal: string, stream: string): Promise<Checkpoint> {
  const { checkpoints } = await storeOf(target, io.now()).readPortal(portal);
  const found = checkpoints.find((checkpoint) => checkpoint.stream === stream);
  if (found !== undefined) return found;
  const known = checkpoints.map((checkpoint) => checkpoint.stream).join(', ') || 'none yet';
  throw new CliFailure(
    `Portal ${portal} has no stream ${stream}: found ${known}.`,
    'See npm run events -- status.',
    EXIT.usage,
  );
}
