import { hash } from 'node:crypto';

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

export function streamOfType(eventType: string): Stream {
  return { name: eventType, query: { eventType } };
}

/** The name holds a digest of a property's value, not the value: it may be personal data, and names are logged. */
export function streamOfObject(object: StreamSettings['objects'][number]): Stream {
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
