/** One run of the poller's real code over the world: everything below the client and the publisher is simulated. */
import { createPublisher } from '../../../functions/poller/adapters/eventbridge/publisher.ts';
import { createHubSpotGet } from '../../../functions/poller/adapters/hubspot/client.ts';
import { createEventSource } from '../../../functions/poller/adapters/hubspot/source.ts';
import { createTokens } from '../../../functions/poller/adapters/hubspot/tokens.ts';
import { DEFAULT_PUT_EVENTS_MAX_BYTES } from '../../../functions/poller/contract.ts';
import { RunTime } from '../../../functions/poller/core/run-time.ts';
import { startTally } from '../../../functions/poller/core/tally.ts';
import { toPollerError } from '../../../functions/poller/errors.ts';
import type { CheckpointStore, Log, LogFields } from '../../../functions/poller/ports.ts';
import { FIRST_IN_FLIGHT_EVENTS } from '../../../functions/poller/publish/publish-page.ts';
import { Semaphore } from '../../../functions/poller/publish/semaphore.ts';
import { poll } from '../../../functions/poller/run/poll.ts';
import type { RunContext } from '../../../functions/poller/run/stream-run.ts';
import { SIMULATED_TOKEN } from '../../../infra/simulator/behaviour.ts';
import { createFakeLedger } from '../../support/fake-ledger.ts';
import { snapshotOf } from '../../support/fake-outlets.ts';
import { createFakeStore, type StoredState } from '../../support/fake-store.ts';
import { judgeSave } from '../checker/checker.ts';
import { noteRunEnd } from '../checker/knowledge.ts';
import { judgeLag } from '../checker/lag-rule.ts';
import type { Invocation } from '../schedule/invocations.ts';
import { requestAt } from '../schedule/settings.ts';
import { createBusWire } from './bus-wire.ts';
import { takeContainer, warmPortalOf } from './container.ts';
import { createHubSpotWire } from './hubspot-wire.ts';
import { createLetterBox } from './letter-box.ts';
import { createLife, type Life } from './life.ts';
import { isAlive, type RunFacts, startFacts } from './run-facts.ts';
import { createTableGate } from './table-wire.ts';
import { blame, type World } from './world.ts';

/** Starts a run; resolves when it is over or killed. */
export async function startRun(world: World, invocation: Invocation): Promise<void> {
  const { time } = world;
  const request = requestAt(world.schedule.phases, time.now());
  const facts = startFacts(world.runs.length, invocation, request, time.now());
  world.runs.push(facts);
  const life = createLife(world, facts);
  const run = poll(createContext(world, life))
    .then(({ outcome }) => outcome, toPollerError)
    .then((outcome) => {
      if (facts.killedAt !== undefined) return;
      facts.outcome = outcome;
      facts.endedAt = time.now();
      noteRunEnd(world, facts);
    });
  await Promise.race([run, life.killed, endByForce(world, facts)]);
}

/** What Lambda does to a run that does not end by itself. */
async function endByForce(world: World, facts: RunFacts): Promise<void> {
  await world.time.sleep(facts.deadlineAt - world.time.now());
  if (!isAlive(facts)) return;
  blame(world, 'deadline', `run ${facts.index} had to be ended at its deadline`);
  facts.killedAt = world.time.now();
}

function createContext(world: World, life: Life): RunContext {
  const { clock, draw, facts } = life;
  const { request } = facts;
  const time = new RunTime(clock.now(), facts.invocation.remainingMs);
  const tally = startTally();
  const log = traceLog(world, facts);
  const gate = createTableGate(life, time);
  const container = takeContainer(world, facts);
  const warm = warmPortalOf(container, request.maxRequestsPer10Seconds);
  facts.container = container;
  const send = createHubSpotWire(world, life, warm);
  const getToken = createTokens({
    apiUrl: request.apiUrl,
    readCredential: async () => ({ kind: 'token', accessToken: SIMULATED_TOKEN }),
    send,
    clock,
    cache: warm.tokens,
  });
  const { busCheck } = container;
  const { rateLimiter } = warm;
  const get = createHubSpotGet({ send, getToken, rateLimiter, clock, random: draw.random, tally });
  const onSave: StoredState['onSave'] = (next, before) => judgeSave(world, facts, next, before);
  const { apiUrl, apiVersion } = request;
  return {
    request,
    owner: `run-${facts.index}`,
    time,
    inFlight: new Semaphore(FIRST_IN_FLIGHT_EVENTS),
    stop: new AbortController(),
    memory: container.memory,
    ledgerCache: container.ledgerCache,
    source: createEventSource({ get, getToken, apiUrl, apiVersion, clock }),
    publisher: createPublisher({
      bus: 'hubspot-events',
      eventBridge: createBusWire(world, life),
      maxBytes: DEFAULT_PUT_EVENTS_MAX_BYTES,
      retry: {
        clock,
        random: draw.random,
        until: () => time.publishUntil,
        noteCall: (tookMs) => time.noteCall('bus', tookMs),
      },
      expectedMs: () => time.expectedMs('bus'),
      tally,
      log,
      busCheck,
    }),
    store: watchLease(world, facts, createFakeStore(gate, { ...world.state, onSave })),
    ledger: createFakeLedger(gate, world.ledgerRows, container.unflushed),
    deadLetters: createLetterBox(world, life, gate),
    metrics: {
      emit(report) {
        facts.reports.push(snapshotOf(report));
        facts.requestsAtEnd = facts.requests;
        judgeLag(world, facts, report);
      },
    },
    clock,
    log,
    tally,
  };
}

/** Notes who holds the lease, and gives it to the run that is to ignore it. */
function watchLease(world: World, facts: RunFacts, store: CheckpointStore): CheckpointStore {
  const { leases } = world.state;

  /** Who ignores the lease takes it away from its holder, as one whose clock runs ahead does. */
  async function acquire(...[portal, owner, now, until]: Parameters<CheckpointStore['acquireLease']>) {
    const given = await store.acquireLease(portal, owner, now, until);
    if (given.isOurs || !facts.invocation.ignoresLease) return given;
    const before = leases.get(portal);
    leases.set(portal, { owner, lastOwner: before?.owner, until, standing: before?.standing });
    return { isOurs: true, lastOwner: before?.owner };
  }

  return {
    ...store,
    async acquireLease(...lease) {
      const given = await acquire(...lease);
      facts.hasLease = given.isOurs;
      facts.holdsLease = facts.hasLease;
      const others = world.runs.filter((other) => other !== facts && other.holdsLease && isAlive(other));
      if (facts.hasLease && others.length > 0) {
        for (const paired of [facts, ...others]) paired.isPaired = true;
      }
      return given;
    },
    releaseLease(...lease) {
      facts.holdsLease = false;
      return store.releaseLease(...lease);
    },
  };
}

function traceLog({ trace, time }: World, { index }: RunFacts): Log {
  const write = (message: string, fields: LogFields = {}) =>
    trace(time.now(), `run ${index}: ${message} ${JSON.stringify(fields)}`);
  return { info: write, warn: write, error: write };
}
