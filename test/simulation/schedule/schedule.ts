/** A schedule: everything that happens in one simulation, as its seed decides. */
import type { PollRequest } from '../../../functions/poller/input/request.ts';
import type { PortalBehaviour } from '../../../infra/simulator/behaviour.ts';
import { HOUR, MINUTE, NOON, SECOND } from '../../support/rig.ts';
import { createDraw, type Draw } from '../draw.ts';
import { drawEvents, type PlannedEvent } from './event-plan.ts';
import { type Has, type Reduction, WHOLE } from './features.ts';
import { drawManners, drawOperations, type Operation } from './happenings.ts';
import { drawHubSpotPlan, type HubSpotPlan, type SeededDraw } from './hubspot-plan.ts';
import { drawInvocations, drawTicks, type Invocation, MOST_SKEW_MS } from './invocations.ts';
import { drawPhases, drawRequest, type Phase, type SettingsOptions } from './settings.ts';
import type { Ticks } from './span.ts';

export interface Schedule {
  readonly seed: string;
  readonly portal: string;
  /** The settings, in the order of time. */
  readonly phases: readonly Phase[];
  readonly behaviour: Partial<PortalBehaviour>;
  readonly hubSpot: HubSpotPlan;
  readonly startsAt: number;
  /** From here on nothing goes wrong any more. */
  readonly quietFrom: number;
  readonly tickMs: number;
  readonly events: readonly PlannedEvent[];
  readonly invocations: readonly Invocation[];
  readonly operations: readonly Operation[];
  /** The bus takes calls of so many bytes at most. */
  readonly busMaxBytes: number;
}

/** So many types at once, where there is a crowd of them. */
const CROWD = 150;

export function drawSchedule(seed: string, reduction: Reduction = WHOLE): Schedule {
  const has: Has = (feature) => !reduction.without.has(feature);
  const drawOf: SeededDraw = (topic) => createDraw(seed, topic);
  const shape = drawShape(drawOf, has);
  const { names, amount, runs, isNarrow } = shape;
  const settings = drawOf('settings');
  const request = drawRequest(settings, shape);
  const tickMs = Math.max(MINUTE, request.pollSeconds * SECOND);
  const ticks = drawTicks(drawOf, runs, tickMs, has);
  const first = { from: Number.NEGATIVE_INFINITY, request };
  const phases = has('settings') ? drawPhases(drawOf('phases'), request, ticks, shape) : [first];
  const events = drawPlan(drawOf('events'), shape, request, ticks);
  const operations = has('operations') ? drawOperations(drawOf('operations'), names, ticks) : [];
  return {
    seed,
    portal: request.portal,
    phases,
    behaviour: drawManners(drawOf, isNarrow, has),
    hubSpot: drawHubSpotPlan(drawOf, names, amount, ticks, has),
    startsAt: NOON,
    quietFrom: ticks.endsAt,
    tickMs,
    events: reduction.events === undefined ? events : thinOut(events, seed, reduction.events),
    invocations: drawInvocations(drawOf, ticks, has).slice(0, reduction.invocations),
    operations,
    busMaxBytes: drawOf('bus').one([1_048_576, 1_048_576, 262_144, 2_000]),
  };
}

/** How much there is of everything. */
interface Shape extends SettingsOptions {
  readonly amount: number;
  readonly runs: number;
  readonly mostBytes: number;
}

function drawShape(drawOf: SeededDraw, has: Has): Shape {
  const draw = drawOf('shape');
  const isCrowd = drawOf('crowd').chance(0.4) && has('crowd');
  const isNarrow = drawOf('narrow').chance(8) && has('narrow-pages');
  const isHeavy = drawOf('sizes').chance(4) && has('sizes');
  const streams = draw.one([1, 1, 2, 3, 5, 12]);
  const isBig = draw.chance(3);
  const drawn = isBig ? draw.between(1_500, 4_000) : draw.spread(5, 300);
  const isSmall = isNarrow || isHeavy || isCrowd;
  const amount = isSmall ? Math.min(drawn, 40) : drawn;
  const runs = draw.between(4, isBig ? 10 : 25);
  return {
    names: Array.from({ length: isCrowd ? CROWD : streams }, (_, index) => `pe1_type_${index}`),
    amount,
    runs,
    size: amount > 300 ? 'big' : amount > 100 ? 'many' : 'few',
    isNarrow,
    isCrowd,
    mostBytes: isHeavy ? 200_000 : 1,
  };
}

function drawPlan(draw: Draw, shape: Shape, request: PollRequest, { endsAt }: Ticks): PlannedEvent[] {
  const { overlapSeconds, sweepEveryMinutes, sweepLookbackHours } = request;
  const overlapMs = overlapSeconds * SECOND;
  const sweptMs = sweepLookbackHours * HOUR - 4 * MOST_SKEW_MS;
  return drawEvents(draw, {
    streams: shape.names,
    amount: shape.amount,
    from: NOON - 20 * MINUTE,
    to: endsAt,
    overlapMs,
    latestMs: sweepEveryMinutes === 0 ? overlapMs : sweptMs,
    mostBytes: shape.mostBytes,
  });
}

function thinOut(events: readonly PlannedEvent[], seed: string, amount: number): PlannedEvent[] {
  const draw = createDraw(seed, 'thinning');
  const kept = new Set(
    events
      .map((event) => ({ event, place: draw.random() }))
      .sort((a, b) => a.place - b.place)
      .slice(0, amount)
      .map(({ event }) => event),
  );
  return events.filter((event) => kept.has(event));
}
