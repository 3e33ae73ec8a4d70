/** What is done to the table from outside while the runs go on. */
import { type Checkpoint, startPass } from '../../../functions/poller/core/checkpoint.ts';
import type { Discovery } from '../../../functions/poller/core/discovery.ts';
import type { LedgerRows } from '../../support/fake-ledger.ts';
import { createFakeStore } from '../../support/fake-store.ts';
import { forgetAll } from '../checker/knowledge.ts';
import { createDraw } from '../draw.ts';
import type { Operation } from '../schedule/happenings.ts';
import type { World } from './world.ts';

/** The table as it was at an instant. */
interface Snapshot {
  readonly at: number;
  readonly checkpoints: ReadonlyMap<string, Checkpoint>;
  readonly discoveries: ReadonlyMap<string, Discovery>;
  readonly ledgerRows: LedgerRows;
}

/** The backups of a world, of which a restore takes one. */
export type Backups = Snapshot[];

export function takeBackup(world: World, backups: Backups): void {
  const ledgerRows: LedgerRows = new Map([...world.ledgerRows].map(([name, rows]) => [name, [...rows]]));
  const { checkpoints, discoveries } = world.state;
  backups.push({
    at: world.time.now(),
    checkpoints: new Map(checkpoints),
    discoveries: new Map(discoveries),
    ledgerRows,
  });
}

export async function carryOut(world: World, operation: Operation, backups: Backups): Promise<void> {
  const { portal } = world.schedule;
  const store = createFakeStore(async (_call, effect) => effect(), world.state);
  switch (operation.kind) {
    case 'restore':
      restore(
        world,
        backups.findLast(({ at }) => at <= operation.toAt),
      );
      return;
    case 'lose-ledger-rows':
      loseRows(world, operation.percent);
      return;
    case 'backfill': {
      const { stream, from, to, republish } = operation;
      const pass = startPass(from, to, world.time.now());
      const counts = { eventsPublished: 0, requests: 0 };
      const backfill = { ...pass, ...counts, stream, id: `backfill-${operation.at}`, republish };
      if (await store.requestBackfill(portal, backfill)) world.backfills.push(operation);
      return;
    }
    case 'cancel-backfill':
      if (await store.cancelBackfill(portal, operation.stream)) world.backfills.length = 0;
      return;
    default:
      operation satisfies never;
  }
}

function restore(world: World, backup: Snapshot | undefined): void {
  world.isLedgerDamaged = true;
  forgetAll(world.knowledge, world.time.now());
  world.state.checkpoints.clear();
  world.state.discoveries.clear();
  world.ledgerRows.clear();
  for (const [key, checkpoint] of backup?.checkpoints ?? []) world.state.checkpoints.set(key, checkpoint);
  for (const [key, discovery] of backup?.discoveries ?? []) world.state.discoveries.set(key, discovery);
  for (const [name, rows] of backup?.ledgerRows ?? []) world.ledgerRows.set(name, [...rows]);
}

/** As TTL may do, should its clock be wrong. */
function loseRows(world: World, percent: number): void {
  world.isLedgerDamaged = true;
  const draw = createDraw(world.schedule.seed, 'lost rows');
  for (const [name, rows] of world.ledgerRows)
    world.ledgerRows.set(
      name,
      rows.filter(() => !draw.chance(percent)),
    );
}
