/** A whole run over the HubSpot adapters and sockets; store, ledger and bus are the fakes. */
import { startCheckpoint } from '../../../functions/poller/core/checkpoint.ts';
import { RunTime } from '../../../functions/poller/core/run-time.ts';
import type { RunReport } from '../../../functions/poller/core/tally.ts';
import { type PollerError, toPollerError } from '../../../functions/poller/errors.ts';
import type { PollRequest } from '../../../functions/poller/input/request.ts';
import type { Log, Metrics } from '../../../functions/poller/ports.ts';
import { LedgerCache } from '../../../functions/poller/publish/ledger-cache.ts';
import { FIRST_IN_FLIGHT_EVENTS } from '../../../functions/poller/publish/publish-page.ts';
import { Semaphore } from '../../../functions/poller/publish/semaphore.ts';
import { poll } from '../../../functions/poller/run/poll.ts';
import { createFakeBus, type FakeBus } from '../../support/fake-bus.ts';
import { createFakeLedger } from '../../support/fake-ledger.ts';
import {
  createFakeDeadLetters,
  createFakeLog,
  createFakeMetrics,
  type FakeLog,
} from '../../support/fake-outlets.ts';
import { createFakeStore, createStoredState, type StoredState } from '../../support/fake-store.ts';
import { createScriptedGate } from '../../support/gate.ts';
import { PORTAL, requestOf } from '../../support/rig.ts';
import { createHubSpotRig, HOUR, type HubSpotRig, type HubSpotRigOptions, NOON } from './hubspot-rig.ts';

export interface PolledPortal extends AsyncDisposable {
  readonly hubspot: HubSpotRig;
  readonly bus: FakeBus;
  readonly log: FakeLog;
  readonly state: StoredState;
  /** Polls once; gives the failure of a run that failed. */
  run(): Promise<{ failure: PollerError | undefined; report: RunReport | undefined }>;
}

/** A portal that was polled last an hour before NOON. */
export async function createPolledPortal(
  options: HubSpotRigOptions = {},
  settings: Partial<PollRequest> = {},
  outlets: { readonly log: Log; readonly metrics: Metrics } | undefined = undefined,
): Promise<PolledPortal> {
  const hubspot = await createHubSpotRig(options);
  const { gate } = createScriptedGate();
  const state = createStoredState();
  const bus = createFakeBus(gate);
  const log = createFakeLog();
  const metrics = createFakeMetrics();
  const request = requestOf({ eventTypes: ['e_a'], apiUrl: hubspot.portal.url, ...settings });
  for (const stream of request.eventTypes === 'all' ? [] : request.eventTypes) {
    const checkpoint = { ...startCheckpoint(stream, NOON - HOUR, NOON - HOUR), revision: 1 };
    state.checkpoints.set(`${PORTAL}/${stream}`, checkpoint);
  }
  const ledger = createFakeLedger(gate, new Map());
  const ledgerCache = new LedgerCache(20_000_000);
  const memory = { lastOwner: undefined, revisions: new Map() };
  let runs = 0;
  return {
    hubspot,
    bus,
    log,
    state,
    async run() {
      runs += 1;
      const { clock, tally } = hubspot;
      const failure = await poll({
        request,
        owner: `run-${runs}`,
        time: new RunTime(clock.now(), 120_000),
        source: hubspot.nextRun().source,
        publisher: bus,
        store: createFakeStore(gate, state),
        ledger,
        ledgerCache,
        memory,
        deadLetters: createFakeDeadLetters(gate),
        metrics: outlets?.metrics ?? metrics,
        clock,
        log: outlets?.log ?? log,
        tally,
        inFlight: new Semaphore(FIRST_IN_FLIGHT_EVENTS),
        stop: new AbortController(),
      }).then(() => undefined, toPollerError);
      return { failure, report: metrics.reports.at(-1) };
    },
    [Symbol.asyncDispose]: () => hubspot[Symbol.asyncDispose](),
  };
}
