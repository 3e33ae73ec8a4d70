/** What happens on the stack, gathered for the proof and the page. */
import { SWITCH_IDS } from '../../faults/catalogue.ts';
import type { Faults } from '../../faults/faults.ts';
import type { InvocationResult } from '../../lambda/execution-environment.ts';
import type { LocalStack } from '../../stack.ts';
import type { StreamStanding } from '../../view/stream-standing.ts';
import type { LagLine, ProofFigures, State } from '../messages.ts';
import { createArrivals } from '../proof/arrivals.ts';
import { type ClaimSettings, claimsOf } from '../proof/claims.ts';
import { createProof } from '../proof/proof.ts';
import { createShowings, type Showing, type ShowingPortal } from '../proof/showings.ts';
import type { Feed } from '../server/feed.ts';
import type { AlarmStandings } from './alarm-standings.ts';
import { readLetters, streamsOf } from './figures.ts';
import type { Recorder } from './recorder.ts';
import { createSeconds } from './seconds.ts';
import { readStoredPortal, type StoredPortal } from './stored-streams.ts';

export interface ObserverOptions {
  readonly stack: LocalStack;
  readonly faults: Faults;
  readonly portals: readonly (ShowingPortal & { readonly portal: { readonly requestCount: () => number } })[];
  readonly startFrom: number;
  readonly isStateKept: boolean;
  readonly startedAt: number;
  readonly settings: ClaimSettings;
  readonly recorder: Recorder;
  readonly alarms: AlarmStandings;
  readonly feed: Feed;
  readonly storm: () => State['storm'];
}

export interface Observer {
  /** Runs an invocation of a portal, and sees when it began, how it ended and what it published. */
  readonly run: (portal: string, invoke: () => Promise<InvocationResult>) => Promise<InvocationResult>;
  /** The streams as they stand after a run; undefined where they could not be read. */
  readonly noteStreams: (portal: string, streams: readonly StreamStanding[] | undefined) => void;
  readonly watch: (isWatched: boolean) => void;
  readonly readProof: () => ProofFigures;
  readonly beyondReach: () => readonly Showing[];
  /** Reads the streams again, and tells everybody who looks how all stands now. */
  readonly refresh: () => Promise<void>;
  /** Ends the leases of killed runs. */
  readonly endLeases: () => Promise<void>;
  readonly close: () => void;
}

const SECOND_MS = 1_000;
/** A run in progress moves its readings on: they are seen to do so. */
const READ_EVERY_SECONDS = 2;

export function createObserver(options: ObserverOptions): Observer {
  const { stack, faults, portals, settings, recorder, alarms, feed, startedAt } = options;
  const arrivals = createArrivals();
  const proof = createProof({
    showings: createShowings(portals, options.startFrom),
    arrivals,
    settings,
    keptSince: options.isStateKept ? startedAt : undefined,
  });
  const stored = new Map<string, StoredPortal>();
  /** As the last run left them, where somebody looked. */
  const baselines = new Map<string, StoredPortal>();
  const running = new Set<string>();
  /** Their last run was killed, and none has had the lease since. */
  const killed = new Set<string>();
  let ticked = 0;
  const runStarts = new Map<string, number>();
  const seconds = createSeconds(startedAt, () =>
    portals.reduce((sum, { portal }) => sum + portal.requestCount(), 0),
  );
  let tableTroubledAt = 0;

  stack.onEvent((event) => {
    arrivals.note(event);
    seconds.noteEvent();
    feed.noteEvent(event);
  });
  faults.onNotice((notice) => {
    if (notice.kind === 'lost-answer') arrivals.noteLostAnswer(notice.body);
    if (notice.kind === 'process-ended') arrivals.noteProcessEnd();
    noteTableTrouble();
  });

  function noteTableTrouble(): void {
    if (faults.isOn('dynamodb-throttled') || faults.isOn('dynamodb-slow')) tableTroubledAt = Date.now();
  }

  const ticks = setInterval(() => {
    recorder.noteSecond(seconds.end(Date.now()));
    if (!feed.isWatched()) return;
    ticked += 1;
    if (ticked % READ_EVERY_SECONDS === 0) for (const portal of running) void readStored(portal);
    tell();
  }, SECOND_MS);
  ticks.unref();

  function readProof(): ProofFigures {
    return proof.read(Date.now(), stack.deadLetters(), stored);
  }

  function tell(): void {
    const letters = stack.deadLetters();
    const now = Date.now();
    feed.send({
      kind: 'state',
      now,
      proof: readProof(),
      second: seconds.last(),
      streams: [...stored].flatMap(([portal, state]) => streamsOf(portal, state, now)),
      isLeaseHeld: killed.size > 0,
      alarms: alarms.read(now, letters.length),
      letters: readLetters(letters),
      letterCount: letters.length,
      on: listOn(faults),
      storm: options.storm(),
    });
  }

  /** Gives whether the streams could be read. */
  async function readStored(portal: string): Promise<boolean> {
    try {
      stored.set(portal, await readStoredPortal(stack.table, portal));
      return true;
    } catch {
      // DynamoDB may be what is broken just now: the streams stay as they were last seen.
      return false;
    }
  }

  /** Holds the poller to what it claims of a run that has ended. */
  async function holdToClaims(portal: string): Promise<void> {
    const runStartedAt = runStarts.get(portal);
    const before = baselines.get(portal);
    if (!(await readStored(portal))) return;
    const after = stored.get(portal);
    if (after === undefined) return;
    baselines.set(portal, after);
    if (before === undefined || runStartedAt === undefined) return;
    const known = new Map(before.streams.map((stream) => [stream.stream, stream]));
    readProof();
    proof.hold(
      portal,
      after.streams.flatMap((stream) => {
        const earlier = known.get(stream.stream);
        return earlier === undefined ? [] : claimsOf(earlier, stream, runStartedAt, settings);
      }),
    );
  }

  async function refresh(): Promise<void> {
    await Promise.all(stack.portals.map(readStored));
    tell();
  }

  return {
    run: async (portal, invoke) => {
      const runStartedAt = Date.now();
      runStarts.set(portal, runStartedAt);
      noteTableTrouble();
      arrivals.beginRun(portal);
      running.add(portal);
      const result = await invoke();
      running.delete(portal);
      const endedAt = Date.now();
      const run = recorder.noteRun(portal, result, runStartedAt, endedAt);
      if (run.outcome === 'killed') killed.add(portal);
      else if (run.outcome !== 'skipped') killed.delete(portal);
      noteTableTrouble();
      arrivals.endRun(portal, {
        isKilled: run.outcome === 'killed',
        isUnwritten: tableTroubledAt >= runStartedAt,
      });
      alarms.noteRun(result, endedAt);
      return result;
    },
    noteStreams: (portal, streams) => {
      const now = Date.now();
      const lag: LagLine[] = streams === undefined ? [] : recorder.noteStreams(portal, streams, now);
      const run = recorder.runs().findLast((each) => each.portal === portal);
      if (!feed.isWatched() || run === undefined) return;
      feed.send({ kind: 'run', run, lag });
      void holdToClaims(portal).then(tell);
    },
    watch: (isWatched) => {
      if (!isWatched) {
        // What nobody saw change is no ground for a claim.
        baselines.clear();
        return;
      }
      void refresh();
    },
    readProof,
    beyondReach: proof.beyondReach,
    refresh,
    endLeases: async () => {
      for (const portal of killed) await stack.dropLease(portal);
    },
    close: () => clearInterval(ticks),
  };
}

function listOn(faults: Faults): string[] {
  return SWITCH_IDS.filter((id) => faults.isOn(id));
}
