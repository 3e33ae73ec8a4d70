/** EventBridge on loopback: the buses of one account, with PutEvents' real limits. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { DEFAULT_PUT_EVENTS_MAX_BYTES } from '../../../functions/poller/contract.ts';
import { type Service, ServiceError } from './endpoint.ts';

/** An event that a bus accepted. */
export interface BusEvent {
  readonly id: string;
  readonly busName: string;
  readonly source: string;
  readonly detailType: string;
  /** `Detail`, verbatim: parsing it would cost long integers their digits. */
  readonly detail: string;
  /** As PutEvents was told, to the millisecond; the instant of the call where it was not. */
  readonly time: Date;
  readonly resources: readonly string[];
}

/** What became of an entry instead of an event. */
export interface EntryFailure {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

export interface EventBridgeOptions {
  readonly busNames: readonly string[];
  readonly region: string;
  readonly account: string;
  /** The most bytes of one call's entries; 1 MiB where not given. */
  readonly maxBytes?: number;
  /** How many of the last events are kept; 100,000 where not given. */
  readonly keptEvents?: number;
  /** Lets an entry fail that EventBridge would accept. */
  readonly failEntry?: (entry: PutEventsEntry) => EntryFailure | undefined;
}

export interface EventBridge {
  readonly service: Service;
  /** The last events of all buses, oldest first. */
  readonly events: () => readonly BusEvent[];
  /** Tells of every event as it lands. */
  readonly onEvent: (listener: (event: BusEvent) => void) => void;
}

const putEventsEntry = z.object({
  EventBusName: z.string().default('default'),
  Source: z.string().default(''),
  DetailType: z.string().default(''),
  Detail: z.string().default(''),
  Time: z.number().optional(),
  Resources: z.array(z.string()).default([]),
});
export type PutEventsEntry = z.output<typeof putEventsEntry>;

const putEventsInput = z.object({ Entries: z.array(putEventsEntry) });
const describeInput = z.object({ Name: z.string().default('default') });

const MAX_ENTRIES = 10;
const DETAIL_TYPE_MAX_LENGTH = 128;
const TIME_BYTES = 14;
/**
 * Entries over the limit fail the call with a ValidationException; a body that is far over it gets a bare 413
 * before anybody reads it (both seen in users' reports, boto3 #3411; where the one ends is not documented).
 */
const FRONT_DOOR_FACTOR = 4;
const KEPT_EVENTS = 100_000;

/** The service, with its buses empty. */
export function createEventBridge(options: EventBridgeOptions): EventBridge {
  const { keptEvents = KEPT_EVENTS, maxBytes = DEFAULT_PUT_EVENTS_MAX_BYTES } = options;
  const busNames = new Set([...options.busNames, 'default']);
  const events: BusEvent[] = [];
  const listeners: ((event: BusEvent) => void)[] = [];

  function putEntry(entry: PutEventsEntry): { EventId: string } | EntryFailure {
    const failure = refuseEntry(entry) ?? options.failEntry?.(entry);
    if (failure !== undefined) return failure;
    const id = randomUUID();
    const busName = entry.EventBusName.replace(/^arn:.*:event-bus\//, '');
    // For a bus that does not exist the call succeeds, and the event is gone: so EventBridge has it.
    if (!busNames.has(busName)) return { EventId: id };
    const { Source: source, DetailType: detailType, Detail: detail, Resources: resources } = entry;
    const time = entry.Time === undefined ? new Date() : new Date(Math.round(entry.Time * 1000));
    const event = { id, busName, source, detailType, detail, time, resources };
    events.push(event);
    if (events.length > keptEvents) events.splice(0, events.length - keptEvents);
    for (const listener of listeners) listener(event);
    return { EventId: id };
  }

  function putEvents(input: unknown): object {
    const { Entries: entries } = putEventsInput.parse(input);
    if (entries.length < 1 || entries.length > MAX_ENTRIES) {
      const rule = entries.length < 1 ? 'greater than or equal to 1' : `less than or equal to ${MAX_ENTRIES}`;
      throw new ServiceError(
        'ValidationException',
        `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length ${rule}`,
      );
    }
    if (entries.reduce((sum, entry) => sum + entryBytes(entry), 0) > maxBytes) {
      throw new ServiceError(
        'ValidationException',
        'Total size of the entries in the request is over the limit.',
      );
    }
    const results = entries.map(putEntry);
    return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
  }

  function describeEventBus(input: unknown): object {
    const name = describeInput.parse(input).Name.replace(/^arn:.*:event-bus\//, '');
    if (!busNames.has(name)) {
      throw new ServiceError('ResourceNotFoundException', `Event bus ${name} does not exist.`);
    }
    return { Name: name, Arn: `arn:aws:events:${options.region}:${options.account}:event-bus/${name}` };
  }

  return {
    service: {
      name: 'eventbridge',
      target: 'AWSEvents',
      maxBodyBytes: FRONT_DOOR_FACTOR * maxBytes,
      actions: { PutEvents: putEvents, DescribeEventBus: describeEventBus },
    },
    events: () => events,
    onEvent: (listener) => listeners.push(listener),
  };
}

/** An entry's size as AWS counts it (EventBridge user guide, "PutEvents event entry size", 2026-11). */
export function entryBytes({ Source, DetailType, Detail, Resources, Time }: PutEventsEntry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return bytes + (Time === undefined ? 0 : TIME_BYTES);
}

/** The event as a rule's target gets it; its instants have whole seconds. */
export function toEnvelope(event: BusEvent, region: string, account: string): object {
  const detail: unknown = JSON.parse(event.detail);
  return {
    version: '0',
    id: event.id,
    'detail-type': event.detailType,
    source: event.source,
    account,
    time: `${event.time.toISOString().slice(0, 19)}Z`,
    region,
    resources: event.resources,
    detail,
  };
}

function refuseEntry(entry: PutEventsEntry): EntryFailure | undefined {
  const missing = (['Source', 'DetailType', 'Detail'] as const).find((name) => entry[name] === '');
  if (missing !== undefined) return invalidArgument(missing, `${missing} is a required argument.`);
  if (entry.Source.startsWith('aws.')) {
    return {
      ErrorCode: 'NotAuthorizedForSourceException',
      ErrorMessage: 'Not authorized for the source.',
    };
  }
  if (entry.DetailType.length > DETAIL_TYPE_MAX_LENGTH) {
    return invalidArgument('DetailType', `DetailType must be at most ${DETAIL_TYPE_MAX_LENGTH} characters.`);
  }
  if (!isObjectText(entry.Detail)) {
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  }
  return undefined;
}

function invalidArgument(name: string, reason: string): EntryFailure {
  return {
    ErrorCode: 'InvalidArgument',
    ErrorMessage: `Parameter ${name} is not valid. Reason: ${reason}`,
  };
}

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
