/** The synthesized stack on this machine, over a simulated portal whose events the test decides. */
import { z } from 'zod';
import { type Synthesized, synthesize } from '../../infra/build/synth.ts';
import type { BusEvent } from '../../infra/local/aws/event-bus.ts';
import { createOpened, type Opened } from '../../infra/local/opened.ts';
import { type LocalStack, type LocalStackOptions, startLocalStack } from '../../infra/local/stack.ts';
import { type PortalBehaviour, SIMULATED_TOKEN } from '../../infra/simulator/behaviour.ts';
import { type HubSpotPortal, startHubSpotPortal } from '../../infra/simulator/portal.ts';
import type { SimulatedEvent } from '../../infra/simulator/simulated-event.ts';

export const EVENT_TYPES = ['e_visited_page', 'e_form_submission_v2', 'pe42_signed_up'] as const;
const DAY_MS = 86_400_000;
/** Before the first event of any test, and a week before the machine's clock: HubSpot shows no events to come. */
const STARTS_AT = Math.floor(Date.now() / DAY_MS - 7) * DAY_MS;
export const START_FROM = new Date(STARTS_AT).toISOString();
/** Between the first events of two batches. */
const BATCH_MS = 3_600_000;

/** An instant so many seconds after the start. */
export const afterStart = (seconds: number) => new Date(STARTS_AT + seconds * 1000).toISOString();

export interface RigOptions extends Omit<LocalStackOptions, 'synthesized'> {
  readonly events?: readonly SimulatedEvent[];
  /** Over the portal's settings in the configuration. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly behaviour?: Partial<PortalBehaviour>;
  readonly latencyMs?: number;
}

export interface Rig {
  readonly hubSpot: HubSpotPortal;
  readonly stack: LocalStack;
  /** Every line that the function wrote. */
  readonly lines: readonly string[];
}

/** Everything at work; closed with `opened`. */
export async function openRig(opened: Opened, options: RigOptions = {}): Promise<Rig> {
  const { events = [], settings, behaviour = {}, latencyMs = 0, ...stackOptions } = options;
  const hubSpot = await startHubSpotPortal({ events, behaviour, latencyMs });
  opened.add(hubSpot.close);
  const lines: string[] = [];
  const stack = await startLocalStack({
    synthesized: synthesizeFor(hubSpot.url, settings),
    secrets: { main: SIMULATED_TOKEN },
    onLine: (line) => lines.push(line),
    ...stackOptions,
  });
  opened.add(stack.close);
  return { hubSpot, stack, lines };
}

/** Stands for the portal's address in what is synthesized: most tests want the same stack at another address. */
const NOBODYS_URL = 'http://127.0.0.1:1';
const synthesized = new Map<string, Synthesized>();

function synthesizeFor(apiUrl: string, settings: RigOptions['settings']): Synthesized {
  const portal = { eventTypes: EVENT_TYPES, startFrom: START_FROM, ...settings, apiUrl: NOBODYS_URL };
  const key = JSON.stringify(portal);
  const made = synthesized.get(key) ?? synthesize({ config: { portals: { main: portal } } });
  synthesized.set(key, made);
  const template: unknown = JSON.parse(JSON.stringify(made.template).replaceAll(NOBODYS_URL, apiUrl));
  return { ...made, template };
}

export { createOpened };

/** Events spread over the types, a second apart, seven in one millisecond. `batch` makes their ids and times its own. */
export function makeEvents(
  count: number,
  batch = 0,
  startsAt = STARTS_AT + 60_000 + batch * BATCH_MS,
): SimulatedEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    eventType: EVENT_TYPES[index % EVENT_TYPES.length] ?? EVENT_TYPES[0],
    // HubSpot's ids are unique within a type only.
    id: `${batch}-${Math.floor(index / EVENT_TYPES.length)}`,
    occurredAt: startsAt + Math.floor(index / 7) * 1000,
    objectId: String(26_000_000_000 + (index % 500)),
    properties: { hs_url: `https://www.example.com/${index}`, hs_title: 'Größe “1”' },
  }));
}

export const keyOf = ({ eventType, id }: Pick<SimulatedEvent, 'eventType' | 'id'>) =>
  `main/${eventType}/${id}`;

const detailSchema = z.looseObject({
  metadata: z.strictObject({
    portal: z.string(),
    stream: z.string(),
    pass: z.string(),
    idempotencyKey: z.string(),
  }),
});

/** The events' idempotency keys, in the order in which they landed. */
export function idempotencyKeys(events: readonly BusEvent[]): string[] {
  return events.map(({ detail }) => detailSchema.parse(JSON.parse(detail)).metadata.idempotencyKey);
}

/** What was expected and never came, and how many came more often than once. */
export function compare(expected: readonly SimulatedEvent[], events: readonly BusEvent[]) {
  const keys = idempotencyKeys(events);
  const landed = new Set(keys);
  return {
    missing: expected.map(keyOf).filter((key) => !landed.has(key)),
    repeated: keys.length - landed.size,
    unexpected: landed.size - expected.length,
  };
}

const emfSchema = z.looseObject({
  _aws: z.object({
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string(), Unit: z.string() })),
      }),
    ),
  }),
});
export type MetricLine = z.output<typeof emfSchema>;

/** The lines in the embedded metric format, with the figures beside `_aws`. */
export function metricLines(lines: readonly string[]): MetricLine[] {
  return lines.flatMap((line) => {
    if (!line.startsWith('{"_aws"')) return [];
    return [emfSchema.parse(JSON.parse(line))];
  });
}

/** The value of a metric that each run has one of, in the last of the lines that has it. */
export function lastMetric(lines: readonly string[], name: string): unknown {
  return metricLines(lines).findLast((line) => name in line)?.[name];
}

const logSchema = z.looseObject({ level: z.string(), message: z.string() });

/** The log's lines of level ERROR. */
export function errorLines(lines: readonly string[]): z.output<typeof logSchema>[] {
  return lines.flatMap((line) => {
    if (!line.startsWith('{"level"')) return [];
    const parsed = logSchema.parse(JSON.parse(line));
    return parsed.level === 'ERROR' ? [parsed] : [];
  });
}
