/**
 * What a run needs of the world, as interfaces. Adapters give it over real services, tests as fakes
 * that keep the same promises. Every port throws PollerError (errors.ts) and nothing else.
 */

import type { Backfill, Checkpoint } from './core/checkpoint.ts';
import type { Discovery } from './core/discovery.ts';
import type { BusEntry } from './core/event/bus-entry.ts';
import type { DeadLetter } from './core/event/dead-letter.ts';
import type { Instant } from './core/instant.ts';
import type { LedgerRecord } from './core/ledger/ledger.ts';
import type { PageAnswer, PageQuery } from './core/reading/paging.ts';
import type { RunReport } from './core/tally.ts';
import type { FailureCode, PollerError } from './errors.ts';

/** A number from 0 up to, and without, 1. */
export type Random = () => number;

export interface Clock {
  /** The instant now, in milliseconds since the epoch. */
  now(): Instant;
  /** Resolves after so many milliseconds. */
  sleep(milliseconds: number): Promise<void>;
}

/** HubSpot. Waiting for the rate limit and trying again happen inside, and end before `until`. */
export interface EventSource {
  /** Makes sure that there is a token: reads the secret, and refreshes what is refreshed. */
  authorize(until: Instant): Promise<void>;
  /** The portal's event types. */
  listEventTypes(until: Instant): Promise<readonly string[]>;
  /** One page of a window, in ascending order of occurredAt. Once `stop` is aborted no further request is sent. */
  readPage(query: PageQuery, until: Instant, stop?: AbortSignal): Promise<PageAnswer>;
}

/** What became of one entry: `unsent` may be tried again by a later run, `refused` never. */
export type EntryOutcome =
  | { readonly state: 'accepted' }
  | { readonly state: 'refused'; readonly code: string; readonly message: string }
  | { readonly state: 'unsent' };

export interface PublishResult {
  /** One outcome for each entry, in the order of the entries. */
  readonly outcomes: readonly EntryOutcome[];
  /** Why entries are unsent, where any is. */
  readonly failure?: PollerError;
}

/** The bus. Trying again happens inside, within the run's time for publishing. */
export interface EventPublisher {
  /** Makes sure that the bus exists: EventBridge takes events for an unknown bus, and drops them. */
  checkBus(): Promise<void>;
  /** Never throws for what it may have accepted in part: the outcomes say what went through. */
  publish(entries: readonly BusEntry[]): Promise<PublishResult>;
}

export interface PortalState {
  readonly checkpoints: readonly Checkpoint[];
  readonly backfills: readonly Backfill[];
  readonly discovery: Discovery | undefined;
}

/** How a portal stood at the end of its last run: stored with its lease, so that one list tells of all portals. */
export interface PortalStanding {
  readonly endedAt: Instant;
  readonly outcome: 'polled' | 'failed';
  /** Why the run failed; undefined where it did not. */
  readonly code?: FailureCode | undefined;
  /** Undefined where the run did not get to know its streams. */
  readonly lagSeconds: number | undefined;
  readonly streams: number;
  readonly streamsFailing: number;
  /** The stream furthest behind; undefined where none is. */
  readonly furthestBehind?: string | undefined;
}

/** A portal in the list of all that were ever polled. */
export interface ListedPortal {
  readonly portal: string;
  /** Undefined where no run has ended yet. */
  readonly standing: PortalStanding | undefined;
  /** Until when a run holds the lease; undefined where none does. */
  readonly leaseUntil: Instant | undefined;
}

/** What asking for a lease gave. */
export interface Lease {
  readonly isOurs: boolean;
  /** The run that held it last; undefined where none did, where two did at once, or where the lease is not ours. */
  readonly lastOwner: string | undefined;
}

/** Checkpoints and lease. A checkpoint is written on the condition that its revision is the one read. */
export interface CheckpointStore {
  /** Asks for the lease until `until`: granted where no other run holds it. */
  acquireLease(portal: string, owner: string, now: Instant, until: Instant): Promise<Lease>;
  /** Gives the lease back with the portal's standing: one write. Where it is no longer `owner`'s, notes that two held it. */
  releaseLease(portal: string, owner: string, standing: PortalStanding): Promise<void>;
  /** Every portal that was ever polled, by name. */
  listPortals(): Promise<readonly ListedPortal[]>;
  /** Everything known of a portal, in one consistent query. */
  readPortal(portal: string): Promise<PortalState>;
  /**
   * Writes `next` on the condition that the stored revision is still `next.revision` (0: nothing is stored yet),
   * and gives it back with its new revision. Throws `checkpoint-conflict` where another run wrote meanwhile.
   * An answer lost on the way is recognised, not taken for a conflict. Backfills are left alone.
   */
  saveCheckpoint(portal: string, next: Checkpoint): Promise<Checkpoint>;
  saveDiscovery(portal: string, discovery: Discovery): Promise<void>;
  /** Keeps a backfill beside its stream's checkpoint; false where none is stored or one is in progress. */
  requestBackfill(portal: string, backfill: Backfill): Promise<boolean>;
  /** Stores a backfill's progress; false where it was cancelled meanwhile. */
  saveBackfill(portal: string, backfill: Backfill): Promise<boolean>;
  /** Forgets the backfill in progress; false where there is none. One that has ended stays. */
  cancelBackfill(portal: string, stream: string): Promise<boolean>;
}

/** What was published, by stream and time. Append-only; rows end by the table's TTL. */
export interface Ledger {
  /** The hashes in the buckets from `fromBucket` up to and with `toBucket`, bucket by bucket. */
  read(portal: string, ledgerName: string, fromBucket: string, toBucket: string): AsyncIterable<LedgerRecord>;
  /** Writes what an earlier run of this process could not write. Throws `ledger-unwritten` where it still can't. */
  flush(): Promise<void>;
  /** Resolves when all records are stored; throws `ledger-unwritten` where they can't be while the run lasts. */
  append(
    portal: string,
    ledgerName: string,
    records: readonly LedgerRecord[],
    expiresAt: Instant,
  ): Promise<void>;
}

/** The dead-letter queue. Resolves when the letter is accepted. */
export interface DeadLetterQueue {
  send(letter: DeadLetter): Promise<void>;
}

/** CloudWatch, once a run. */
export interface Metrics {
  emit(report: RunReport): void;
}

/** A portal as its schedule knows it: one that there should be. */
export interface ScheduledPortal {
  readonly portal: string;
  readonly isEnabled: boolean;
  /** When the schedule was made, or changed last. */
  readonly changedAt: Instant;
  readonly pollSeconds: number;
  readonly idlePollSeconds: number;
}

/** The schedules of the stack's group. */
export interface PortalSchedules {
  list(): Promise<readonly ScheduledPortal[]>;
}

/** What can be wrong with a portal, seen from outside. */
export type TroubleKind = 'schedule-off' | 'no-schedule' | 'never-polled' | 'silent' | 'behind' | 'failing';

/** A portal's trouble as the roll calls have seen it, and whether somebody was told. */
export interface Telling {
  readonly portal: string;
  readonly kind: TroubleKind;
  /** The roll call that saw it first, and the one that saw it last. */
  readonly since: Instant;
  readonly seenAt: Instant;
  readonly isTold: boolean;
}

/** What the roll calls have told, kept from one to the next. */
export interface TellingStore {
  read(): Promise<{ readonly tellings: readonly Telling[]; readonly revision: number }>;
  /** False where another roll call wrote meanwhile: `revision` is the one read. */
  save(tellings: readonly Telling[], revision: number): Promise<boolean>;
}

/** The people who hear of alarms. */
export interface Notifier {
  tell(subject: string, text: string): Promise<void>;
}

/** All portals together, at one instant. */
export interface FleetReport {
  readonly portalsPolled: number;
  readonly portalsSilent: number;
  readonly portalsBehind: number;
  readonly portalsFailing: number;
  /** Undefined where no portal's lag is known. */
  readonly lagSecondsMax: number | undefined;
}

/** CloudWatch, once a roll call. */
export interface FleetMetrics {
  emit(report: FleetReport): void;
}

/** Structured log lines. Never a token, never an event's properties. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | object>>;
