import { hash } from 'node:crypto';
import type { Checkpoint, Discovery } from './checkpoint.ts';

/** What HubSpot is asked for, for ever: an event type, or an object. */
export interface StreamQuery {
  readonly eventType?: string | undefined;
  readonly objectType?: string | undefined;
  readonly objectId?: string | undefined;
  readonly objectProperty?: { readonly name: string; readonly value: string } | undefined;
}

export interface Stream {
  /** Its name in the table, in logs and in `metadata.stream`; of an event type, the type itself. */
  readonly name: string;
  readonly query: StreamQuery;
}

export interface StreamSettings {
  readonly eventTypes: 'all' | readonly string[];
  readonly objects: readonly {
    readonly objectType: string;
    readonly objectId?: string | undefined;
    readonly objectProperty?: Readonly<Record<string, string>> | undefined;
    readonly eventType?: string | undefined;
  }[];
}

/**
 * The portal's streams. With `"all"`: every type HubSpot lists, and each that it listed once until the
 * backlog of the time when it still did is read.
 */
export function listStreams(
  settings: StreamSettings,
  discovery: Discovery | undefined,
  checkpoints: readonly Checkpoint[],
): Stream[] {
  const types = settings.eventTypes === 'all' ? listDiscovered(discovery, checkpoints) : settings.eventTypes;
  const streams = [...types.map(streamOfType), ...settings.objects.map(streamOfObject)];
  return [...new Map(streams.map((stream) => [stream.name, stream])).values()];
}

function listDiscovered(discovery: Discovery | undefined, checkpoints: readonly Checkpoint[]): string[] {
  if (discovery === undefined) return [];
  const vanished = checkpoints.filter(
    ({ stream, watermark, quarantine }) =>
      !isObjectStream(stream) &&
      !discovery.eventTypes.includes(stream) &&
      quarantine === undefined &&
      watermark < discovery.discoveredAt,
  );
  return [...discovery.eventTypes, ...vanished.map(({ stream }) => stream)];
}

function streamOfType(eventType: string): Stream {
  return { name: eventType, query: { eventType } };
}

/** The name holds a digest of a property's value, not the value: it may be personal data, and names are logged. */
function streamOfObject(object: StreamSettings['objects'][number]): Stream {
  const { objectType, objectId, eventType } = object;
  const [property] = Object.entries(object.objectProperty ?? {});
  const objectProperty = property && { name: property[0], value: property[1] };
  const which = objectProperty
    ? `${objectProperty.name}~${hash('sha256', objectProperty.value, 'hex').slice(0, 12)}`
    : (objectId ?? '');
  const suffix = eventType === undefined ? '' : `#${eventType}`;
  return {
    name: `object/${objectType}/${which}${suffix}`,
    query: { eventType, objectType, objectId, objectProperty },
  };
}

function isObjectStream(name: string): boolean {
  return name.startsWith('object/');
}
