/** How far a backfill is, how fast, and what it waits for. */
import {
  type Backfill,
  type Checkpoint,
  positionOf,
  shareOf,
} from '../../../../functions/poller/core/checkpoint.ts';
import { formatCount, formatDuration, formatInstant, plural } from '../../show/format.ts';
import type { Column } from '../../show/rows.ts';
import { errorOf } from '../../stream-rows.ts';
import type { TargetPortal } from '../../target/target.ts';

/** A backfill as it was seen at an instant. */
export interface Sample {
  readonly at: number;
  /** Resolved of its window, 0 to 1. */
  readonly share: number;
  readonly eventsPublished: number;
}

export interface Progress {
  /** 0 to 1. */
  readonly share: number;
  readonly position: number;
  readonly to: number;
  readonly eventsPublished: number;
  /** Over the last minute; undefined before there are two looks at it. */
  readonly eventsPerSecond: number | undefined;
  /** By the pace of the last minute; undefined where it did not move. */
  readonly secondsLeft: number | undefined;
  /** Undefined where it is being read, or done. */
  readonly waitsFor: string | undefined;
}

const MINUTE_MS = 60_000;

/** The samples that tell the pace: those of the last minute, and the new one. */
export function addSample(samples: readonly Sample[], backfill: Backfill, now: number): Sample[] {
  return [
    ...samples.filter(({ at }) => now - at <= MINUTE_MS),
    { at: now, share: shareOf(backfill), eventsPublished: backfill.eventsPublished },
  ];
}

export function progressOf(
  backfill: Backfill,
  samples: readonly Sample[],
  waitsFor: string | undefined,
): Progress {
  const { to, eventsPublished } = backfill;
  const share = shareOf(backfill);
  const [first] = samples;
  const last = samples.at(-1);
  const seconds = first === undefined || last === undefined ? 0 : (last.at - first.at) / 1000;
  const moved = first === undefined ? 0 : share - first.share;
  const isDone = backfill.finishedAt !== undefined;
  return {
    share,
    position: positionOf(backfill),
    to,
    eventsPublished,
    eventsPerSecond:
      first === undefined || seconds === 0 ? undefined : (eventsPublished - first.eventsPublished) / seconds,
    secondsLeft: isDone ? 0 : moved > 0 && seconds > 0 ? (1 - share) / (moved / seconds) : undefined,
    waitsFor: isDone ? undefined : waitsFor,
  };
}

/** What stands between the backfill and its next page; undefined where it is being read right now. */
export function waitOf(
  backfill: Backfill,
  checkpoint: Checkpoint | undefined,
  { isEnabled, tickSeconds }: Pick<TargetPortal, 'isEnabled' | 'tickSeconds'>,
  run: { readonly isUnderWay: boolean; readonly endedAt: number | undefined },
  now: number,
): string | undefined {
  const error = errorOf(backfill, 'lastError');
  if (!isEnabled) return 'the portal, which is paused';
  if (checkpoint?.quarantine !== undefined)
    return `its stream, which HubSpot refuses: ${checkpoint.quarantine.reason}`;
  if (checkpoint?.lastError !== undefined) return `its stream, which fails: ${checkpoint.lastError.message}`;
  if (error !== undefined) return `another try; the last failed: ${error.message}`;
  if (run.isUnderWay) return undefined;
  const nextAt = run.endedAt === undefined ? undefined : run.endedAt + tickSeconds * 1000;
  return nextAt === undefined || nextAt <= now
    ? 'the next run'
    : `the next run, in at most ${formatDuration((nextAt - now) / 1000)}`;
}

export const progressColumns: readonly Column<Progress>[] = [
  { key: 'share', value: ({ share }) => Math.floor(share * 10_000) / 10_000 },
  { key: 'position', value: ({ position }) => new Date(position).toISOString() },
  { key: 'to', value: ({ to }) => new Date(to).toISOString() },
  { key: 'eventsPublished', value: ({ eventsPublished }) => eventsPublished },
  {
    key: 'eventsPerSecond',
    value: ({ eventsPerSecond }) =>
      eventsPerSecond === undefined ? null : Math.round(eventsPerSecond * 10) / 10,
  },
  {
    key: 'secondsLeft',
    value: ({ secondsLeft }) => (secondsLeft === undefined ? null : Math.round(secondsLeft)),
  },
  { key: 'waitsFor', value: ({ waitsFor }) => waitsFor ?? null },
];

const BAR = 24;

/** The bar and its figures, and below it where it stands and what it waits for: each line fits 80 columns. */
export function renderProgress(progress: Progress, width: number): string {
  const { share, position, to, eventsPublished, eventsPerSecond, secondsLeft, waitsFor } = progress;
  const full = Math.floor(share * BAR);
  const figures = [
    `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${String(Math.floor(share * 100)).padStart(3)} %`,
    plural(eventsPublished, 'event'),
    ...(eventsPerSecond === undefined ? [] : [`${formatCount(Math.round(eventsPerSecond))}/s`]),
    ...(secondsLeft === undefined || share === 1 ? [] : [`about ${formatDuration(secondsLeft)} left`]),
  ];
  const place = `at ${formatInstant(position)} of ${formatInstant(to)}`;
  const wait = waitsFor === undefined ? [] : [`waits for ${waitsFor}`];
  return [figures.join('  '), place, ...wait].map((line) => cut(line, width)).join('\n');
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
