/** What somebody asks of the page: to break, to mend, to make a storm. */

import type { SimulatedEvent } from '../../simulator/simulated-event.ts';
import { BUTTONS, type ButtonId, isButtonId, isSwitchId, SWITCHES } from '../faults/catalogue.ts';
import type { Faults, FaultyPortal } from '../faults/faults.ts';
import { burst, dayOffline, largeEvent, lateEvent, newType, noEvent } from '../faults/happenings.ts';
import type { Repairs } from '../faults/repairs.ts';
import type { Storm } from '../faults/storm.ts';
import type { Command, FaultEntry, ProofFigures } from './messages.ts';
import type { Showing } from './proof/showings.ts';

export interface CommandParts {
  readonly faults: Faults;
  readonly storm: Storm;
  /** Loaded when first needed: the start does not wait for it. */
  readonly openRepairs: () => Promise<Repairs>;
  readonly portals: readonly string[];
  readonly proof: () => ProofFigures;
  readonly beyondReach: () => readonly Showing[];
  /** Ends the leases of killed runs: stands for waiting until they are over. */
  readonly endLeases: () => Promise<void>;
}

const DAY_MS = 86_400_000;

/** Does what is asked. @throws with a sentence where it cannot be done */
export async function runCommand(command: Command, parts: CommandParts): Promise<void> {
  const { faults, storm, openRepairs, portals } = parts;
  const forEach = async (repair: (repairs: Repairs, portal: string) => Promise<void>) => {
    const repairs = await openRepairs();
    await Promise.all(portals.map((portal) => repair(repairs, portal)));
  };
  switch (command.do) {
    case 'set':
      if (!isSwitchId(command.id)) throw new Error(`Setting a switch: there is none called ${command.id}`);
      return faults.set(command.id, command.on);
    case 'press':
      if (!isButtonId(command.id)) throw new Error(`Pressing a button: there is none called ${command.id}`);
      return faults.press(command.id);
    case 'mend':
      return mend(parts, forEach);
    case 'retry':
      return forEach((repairs, portal) => repairs.retrySetAside(portal));
    case 'sweep':
      return forEach((repairs, portal) => repairs.sweepNow(portal));
    case 'list-types':
      return forEach((repairs, portal) => repairs.listTypesNow(portal));
    case 'backfill':
      return backfill(await openRepairs(), parts.beyondReach());
    case 'end-lease':
      return parts.endLeases();
    case 'storm':
      return storm.start(command.seed?.trim() || randomSeed());
    default:
      return command satisfies never;
  }
}

/** Everything whole again, and what an operator would do about what is left. */
async function mend(
  { faults, storm, proof, beyondReach, openRepairs, endLeases }: CommandParts,
  forEach: (repair: (repairs: Repairs, portal: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  storm.stop();
  faults.mendAll();
  await endLeases();
  await forEach((repairs, portal) => repairs.retrySetAside(portal));
  const { unlisted, late, beyond } = proof();
  if (unlisted > 0) await forEach((repairs, portal) => repairs.listTypesNow(portal));
  if (late > 0) await forEach((repairs, portal) => repairs.sweepNow(portal));
  if (beyond > 0) await backfill(await openRepairs(), beyondReach());
}

/** One backfill for each stream, over all that it lacks. */
async function backfill(repairs: Repairs, showings: readonly Showing[]): Promise<void> {
  const byStream = Map.groupBy(showings, ({ portal, eventType }) => `${portal} ${eventType}`);
  for (const ofStream of byStream.values()) {
    const [first] = ofStream;
    if (first === undefined) continue;
    const times = ofStream.map(({ occurredAt }) => occurredAt);
    const from = times.reduce((least, at) => Math.min(least, at));
    const to = times.reduce((most, at) => Math.max(most, at));
    await repairs.backfill(first.portal, first.eventType, from, to);
  }
}

/** A word that is easily said again. */
function randomSeed(): string {
  return Math.random().toString(36).slice(2, 8);
}

/** What the buttons do with the first simulated portal. */
export function attachHappenings(
  faults: Faults,
  portal: FaultyPortal | undefined,
  openRepairs: () => Promise<Repairs>,
): void {
  if (portal === undefined) return;
  const { addEvents } = portal.portal;
  let pressed = 0;
  const mark = (now: number) => `${now.toString(36)}${(pressed++).toString(36)}`;
  const late = (minutes: number) => async () => {
    const now = Date.now();
    addEvents([lateEvent(now, minutes, mark(now))]);
  };
  const add = (make: (now: number, n: string) => Iterable<SimulatedEvent>) => async () => {
    const now = Date.now();
    addEvents(make(now, mark(now)));
  };
  faults.attachButtons({
    'late-30-minutes': late(30),
    'late-5-hours': late(5 * 60),
    'late-30-hours': late(30 * 60),
    'no-event': add((now, n) => [noEvent(now, n)]),
    'large-event': add((now, n) => [largeEvent(now, n)]),
    burst: add(burst),
    'new-type': add(newType),
    'day-offline': async () => {
      const now = Date.now();
      // The events first: a run in between finds them no more than any other that comes late.
      addEvents(dayOffline(now, mark(now), portal.eventTypes));
      await (await openRepairs()).moveWatermarks(portal.name, now - DAY_MS);
    },
  } satisfies Partial<Record<ButtonId, () => Promise<void>>>);
}

/** All that can be broken, as the page offers it. */
export function listFaults(faults: Faults): FaultEntry[] {
  const switches = Object.entries(SWITCHES).map(([id, entry]) => ({ id, kind: 'switch' as const, ...entry }));
  const buttons = Object.entries(BUTTONS).map(([id, entry]) => ({ id, kind: 'button' as const, ...entry }));
  return [...switches, ...buttons].map((entry) => {
    const known = isSwitchId(entry.id) || isButtonId(entry.id) ? faults.unavailable(entry.id) : undefined;
    return { ...entry, unavailable: known };
  });
}
