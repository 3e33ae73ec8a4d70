import type { BusEntry } from '../../core/event/bus-entry.ts';

/** The most entries of one PutEvents call (EventBridge quotas, 2026-11). */
export const BATCH_ENTRIES = 10;

/** The positions of `entries` in batches of at most ten and at most `maxBytes`, in their order, as few as that allows. */
export function packBatches(entries: readonly BusEntry[], maxBytes: number): number[][] {
  const batches: number[][] = [];
  let batch: number[] = [];
  let bytes = 0;
  for (const [index, entry] of entries.entries()) {
    if (batch.length === BATCH_ENTRIES || (batch.length > 0 && bytes + entry.bytes > maxBytes)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(index);
    bytes += entry.bytes;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
