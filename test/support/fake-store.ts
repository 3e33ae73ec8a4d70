import type { Backfill, Checkpoint } from '../../functions/poller/core/checkpoint.ts';
import type { Discovery } from '../../functions/poller/core/discovery.ts';
import { PollerError } from '../../functions/poller/errors.ts';
import type { CheckpointStore, PortalStanding } from '../../functions/poller/ports.ts';
import type { Gate } from './gate.ts';

interface StoredLease {
  /** Undefined where it was given back. */
  readonly owner: string | undefined;
  readonly lastOwner?: string | undefined;
  /** A run that no longer held it was still at work. */
  readonly isContested?: boolean;
  readonly until: number;
  readonly standing?: PortalStanding | undefined;
}

/** As the real one: what claims to be longer was written by a clock that ran ahead. */
const LONGEST_LEASE_MS = 16 * 60_000;

/** The table of checkpoints and leases: what outlives the runs. */
export interface StoredState {
  readonly leases: Map<string, StoredLease>;
  /** By portal and stream. */
  readonly checkpoints: Map<string, Checkpoint>;
  readonly backfills: Map<string, Backfill>;
  readonly discoveries: Map<string, Discovery>;
  /** Told of every checkpoint that is written, and what it replaces. */
  onSave: (next: Checkpoint, before: Checkpoint | undefined) => void;
}

export function createStoredState(): StoredState {
  return {
    leases: new Map(),
    checkpoints: new Map(),
    backfills: new Map(),
    discoveries: new Map(),
    onSave: () => undefined,
  };
}

/** A store that checks what the real one checks: the revision that was read, the owner and end of the lease. */
export function createFakeStore(gate: Gate, state: StoredState): CheckpointStore {
  const { leases, checkpoints, backfills, discoveries } = state;

  function save(portal: string, next: Checkpoint): Checkpoint {
    const key = `${portal}/${next.stream}`;
    const stored = checkpoints.get(key);
    if ((stored?.revision ?? 0) !== next.revision) {
      const text = `Saving ${key}: its revision must be ${next.revision}, found ${stored?.revision ?? 0}.`;
      throw new PollerError('checkpoint-conflict', text);
    }
    const written = { ...next, revision: next.revision + 1 };
    checkpoints.set(key, written);
    state.onSave(written, stored);
    return written;
  }

  function ofPortal<T>(rows: ReadonlyMap<string, T>, portal: string): T[] {
    return [...rows].flatMap(([key, row]) => (key.startsWith(`${portal}/`) ? [row] : []));
  }

  return {
    acquireLease: (portal, owner, now, until) =>
      gate('acquireLease', () => {
        const lease = leases.get(portal);
        const isHeld =
          lease?.owner !== undefined &&
          lease.owner !== owner &&
          lease.until >= now &&
          lease.until <= now + LONGEST_LEASE_MS;
        if (isHeld) return { isOurs: false, lastOwner: undefined };
        const lastOwner = lease?.isContested ? undefined : (lease?.owner ?? lease?.lastOwner);
        leases.set(portal, { owner, lastOwner, until, standing: lease?.standing });
        return { isOurs: true, lastOwner };
      }),
    releaseLease: (portal, owner, standing) =>
      gate('releaseLease', () => {
        const lease = leases.get(portal);
        if (lease !== undefined && lease.owner !== owner) leases.set(portal, { ...lease, isContested: true });
        if (lease?.owner !== owner) return;
        leases.set(portal, { owner: undefined, lastOwner: owner, until: 0, standing });
      }),
    listPortals: () =>
      gate('listPortals', () =>
        [...leases].map(([portal, { owner, until, standing }]) => ({
          portal,
          standing,
          leaseUntil: owner === undefined ? undefined : until,
        })),
      ),
    readPortal: (portal) =>
      gate('readPortal', () => ({
        checkpoints: ofPortal(checkpoints, portal),
        backfills: ofPortal(backfills, portal),
        discovery: discoveries.get(portal),
      })),
    saveCheckpoint: (portal, next) => gate('saveCheckpoint', () => save(portal, next)),
    saveDiscovery: (portal, discovery) =>
      gate('saveDiscovery', () => void discoveries.set(portal, discovery)),
    requestBackfill: (portal, backfill) =>
      gate('requestBackfill', () => {
        const key = `${portal}/${backfill.stream}`;
        const before = backfills.get(key);
        const isInProgress = before !== undefined && before.finishedAt === undefined;
        if (!checkpoints.has(key) || (isInProgress && before.id !== backfill.id)) return false;
        backfills.set(key, backfill);
        return true;
      }),
    saveBackfill: (portal, backfill) =>
      gate('saveBackfill', () => {
        const key = `${portal}/${backfill.stream}`;
        if (backfills.get(key)?.id !== backfill.id) return false;
        backfills.set(key, backfill);
        return true;
      }),
    cancelBackfill: (portal, stream) =>
      gate('cancelBackfill', () => {
        const key = `${portal}/${stream}`;
        return backfills.get(key)?.finishedAt === undefined && backfills.delete(key);
      }),
  };
}
