/**
 * The event as a consumer gets it: types for the compiler, and a parser for what comes in.
 *
 *   EventBridge ─▶ rule ─▶ target: an envelope, whose `detail` is HubSpot's event and `metadata`
 */
import * as z from 'zod';
import type { Call, Email, FormSubmission, PageView } from './event-properties.ts';

/** `source` of every event. */
export const HUBSPOT_EVENT_SOURCE = 'hubspot.events';

const metadataSchema = z
  .looseObject({
    portal: z.string().describe('The name of the portal in the configuration'),
    stream: z.string().describe("The stream that found it: the event type, or an object's name"),
    pass: z
      .enum(['live', 'sweep', 'backfill'])
      .describe('Which reading found it: live, the sweep for late ones, or a backfill somebody asked for'),
    idempotencyKey: z
      .string()
      .describe('<portal>/<eventType>/<id>: the same for every delivery of the same event'),
    hubspot: z.unknown().optional().describe('What HubSpot itself called "metadata", should it ever'),
  })
  .describe('What the poller adds');

/** HubSpot sends ids and values as text; a number stays a number here, as the bus has it. */
const textOrNumber = z.union([z.string(), z.number()]);

const detailSchema = z
  .looseObject({
    id: textOrNumber.describe('Unique within its event type only'),
    eventType: z.string().min(1).describe("HubSpot's name of the event type, such as e_visited_page"),
    occurredAt: textOrNumber.describe('When it happened: ISO 8601, or UNIX milliseconds'),
    objectType: textOrNumber.optional().describe('CONTACT, COMPANY, …, or the id of an object type'),
    objectId: textOrNumber.optional().describe('The CRM record that the event is of'),
    properties: z.record(z.string(), z.unknown()).optional().describe("The event type's own properties"),
    metadata: metadataSchema,
  })
  .describe("HubSpot's event, every field as HubSpot sent it, and metadata");

/** The schema of the whole envelope, as a rule's target gets it. Fields that are not known are kept. */
export const hubSpotEventSchema = z
  .looseObject({
    version: z.string(),
    id: z.string().describe("EventBridge's own id: another at each publishing, so no key to act once by"),
    'detail-type': z.string().describe('The event type; over 128 characters, its start and a digest'),
    source: z.literal(HUBSPOT_EVENT_SOURCE),
    account: z.string(),
    time: z.string().describe('occurredAt, in whole seconds'),
    region: z.string(),
    resources: z.array(z.string()).describe('["hubspot:<portal>:<objectType>/<objectId>"]'),
    'replay-name': z.string().optional().describe('The replay that sent it, where one did'),
    detail: detailSchema,
  })
  .describe('An event of HubSpot on the EventBridge bus');

/**
 * Event type → its properties, as far as they are known. Add your own types by declaration merging:
 *
 *   declare module 'hubspot-events-to-eventbridge/events' {
 *     interface HubSpotEventProperties { pe123_signed_up: { plan: string } }
 *   }
 */
export interface HubSpotEventProperties {
  readonly e_visited_page: PageView;
  readonly e_form_submission_v2: FormSubmission;
  readonly e_opened_email_v2: Email;
  readonly e_clicked_link_in_email_v2: Email;
  readonly e_call_started: Call;
}

/** The properties of an event type: those known, all of them optional, and any other. */
export type PropertiesOf<Type extends string> = Type extends keyof HubSpotEventProperties
  ? Partial<HubSpotEventProperties[Type]> & { readonly [name: string]: unknown }
  : { readonly [name: string]: unknown };

/** HubSpot's event with `metadata`: the envelope's `detail`. */
export type HubSpotEvent<Type extends string = string> = Readonly<
  Omit<DetailOutput, 'eventType' | 'properties' | 'metadata'>
> & {
  readonly eventType: Type;
  readonly properties?: PropertiesOf<Type> | undefined;
  readonly metadata: Readonly<MetadataOutput>;
};

/** The event as a rule's target gets it: `HubSpotEventBridgeEvent<'e_visited_page'>`. */
export type HubSpotEventBridgeEvent<Type extends string = string> = Readonly<
  Omit<EnvelopeOutput, 'detail' | 'detail-type' | 'resources'>
> & {
  readonly 'detail-type': Type;
  readonly resources: readonly string[];
  readonly detail: HubSpotEvent<Type>;
};

type EnvelopeOutput = Known<z.output<typeof hubSpotEventSchema>>;
type DetailOutput = Known<z.output<typeof detailSchema>>;
type MetadataOutput = Known<z.output<typeof metadataSchema>>;

/** Without the index signature of a loose schema, so that a name spelt wrong is a mistake. */
type Known<Shape> = { [Key in keyof Shape as string extends Key ? never : Key]: Shape[Key] };

/** What a target was given is no event of the poller, or not of the type that was expected. */
export class HubSpotEventError extends Error {
  constructor(mistakes: readonly string[]) {
    super(`Reading the event: ${mistakes.join('; ')}`);
    this.name = 'HubSpotEventError';
  }
}

/**
 * The event in what a target was given.
 * @throws HubSpotEventError that lists every mistake
 */
export function parseHubSpotEvent(input: unknown): HubSpotEventBridgeEvent {
  const parsed = hubSpotEventSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new HubSpotEventError(
    parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`),
  );
}

/** True for events of that type; their properties are known to the compiler from here on. */
export function isHubSpotEvent<Type extends string>(
  event: HubSpotEventBridgeEvent,
  eventType: Type,
): event is HubSpotEventBridgeEvent<Type> {
  return event.detail.eventType === eventType;
}

/** True where the event was archived and is being replayed: every target that matches gets it again. */
export function isReplay(event: HubSpotEventBridgeEvent): boolean {
  return event['replay-name'] !== undefined;
}
