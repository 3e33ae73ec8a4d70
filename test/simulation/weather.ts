/** What goes wrong during one run, as shares of the calls to each service. */
import type { Fault } from '../../infra/simulator/faults/fault.ts';
import type { Draw } from './draw.ts';

/** Percent of the calls to a service that meet a fault. */
export interface Weather {
  readonly hubSpot: number;
  readonly bus: number;
  readonly table: number;
  readonly queue: number;
  /** How slow the services are: 1 is as usual. */
  readonly slowness: number;
  /** One service that answers late, up to and over the clients' limits. */
  readonly slowPeer: SlowPeer | undefined;
}

export type Peer = 'hubSpot' | 'bus' | 'table' | 'queue';

export interface SlowPeer {
  readonly peer: Peer;
  /** From so long after the run's start. */
  readonly fromMs: number;
  /** Of its calls. */
  readonly percent: number;
  readonly leastMs: number;
  readonly mostMs: number;
}

export const CALM: Weather = { hubSpot: 0, bus: 0, table: 0, queue: 0, slowness: 1, slowPeer: undefined };

/** Half of the runs are calm, some are rough everywhere, in some one service is all but gone. */
export function drawWeather(draw: Draw): Weather {
  const slowness = draw.chance(15) ? draw.spread(2, 10) : 1;
  const slowPeer = draw.chance(20) ? drawSlowPeer(draw) : undefined;
  const kind = draw.between(1, 100);
  if (kind <= 50) return { ...CALM, slowness, slowPeer };
  if (kind <= 85) {
    const share = () => (draw.chance(60) ? draw.spread(1, 20) : 0);
    return { hubSpot: share(), bus: share(), table: share(), queue: share(), slowness, slowPeer };
  }
  const outage = draw.one([30, 60, 100]);
  const storms = [{ hubSpot: outage }, { bus: outage }, { table: outage }, { queue: outage }] as const;
  return { ...CALM, slowness, slowPeer, ...draw.one<Partial<Weather>>(storms) };
}

/** A single call, all of a run's, or all from an instant on; around the limit of five seconds, or well below it. */
function drawSlowPeer(draw: Draw): SlowPeer {
  const peer = draw.one<Peer>(['hubSpot', 'bus', 'table', 'queue']);
  const fromMs = draw.one([0, draw.between(0, 20_000), draw.between(90_000, 119_000)]);
  const leastMs = draw.spread(200, 4_900);
  return {
    peer,
    fromMs,
    percent: draw.one([2, 30, 100, 100]),
    leastMs,
    mostMs: draw.between(leastMs, 6_000),
  };
}

/** Faults of the wire and of HubSpot's edge that trying again cures, and such as end a stream or a run. */
export function drawHubSpotFault(draw: Draw): Fault {
  const faults = [
    { kind: 'status', status: 429 },
    { kind: 'status', status: 429, retryAfter: draw.between(1, 12) },
    { kind: 'status', status: 429, fields: { policyName: 'SECONDLY' } },
    { kind: 'status', status: 429, fields: { policyName: 'DAILY' } },
    { kind: 'status', status: 401 },
    { kind: 'status', status: 423 },
    { kind: 'status', status: 477, retryAfter: 3600 },
    { kind: 'status', status: 500 },
    { kind: 'status', status: draw.one([502, 503, 504, 521, 522, 523]), body: 'html' },
    { kind: 'status', status: 524, body: 'html' },
    { kind: 'status', status: 525, body: 'html' },
    { kind: 'status', status: 400 },
    { kind: 'reset', when: 'before-answer' },
    { kind: 'reset', when: 'in-body' },
    { kind: 'slow', delayMs: draw.spread(100, 40_000), when: 'before-answer' },
    { kind: 'slow', delayMs: draw.spread(100, 40_000), when: 'in-body' },
    { kind: 'silent' },
    { kind: 'truncated' },
    { kind: 'content-type', contentType: 'text/html' },
    { kind: 'no-results' },
    { kind: 'repeated-cursor' },
    { kind: 'repeated-page' },
    { kind: 'overlapping-page', events: draw.between(1, 5) },
    { kind: 'body', body: '<html><body>maintenance</body></html>' },
  ] as const satisfies readonly [Fault, ...Fault[]];
  return draw.one<Fault>(faults);
}

/** When a call fails: before the service did anything, or after, so that only the answer is lost. */
export type CallFault = 'not-done' | 'answer-lost';

export function drawCallFault(draw: Draw, percent: number): CallFault | undefined {
  if (!draw.chance(percent)) return undefined;
  return draw.chance(60) ? 'not-done' : 'answer-lost';
}
