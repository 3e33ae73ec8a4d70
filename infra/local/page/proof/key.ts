/** What makes two texts the same event: HubSpot's type and id within a portal. Nothing here is the poller's code. */
import { hashText } from '../../../simulator/seeded-random.ts';

/** Gives 53 bits that stand for the event in a text; of what is no event, for the whole text. */
export function keyOf(portal: string, text: string): number {
  return keyOfEntry(portal, parseObject(text), text);
}

/** The portal that an event on the bus says it is of, and its key. */
export function identify(detail: string): { readonly portal: string; readonly key: number } {
  const event = parseObject(detail);
  const metadata: unknown = event['metadata'];
  const portal =
    typeof metadata === 'object' && metadata !== null ? String(Reflect.get(metadata, 'portal')) : '';
  return { portal, key: keyOfEntry(portal, event, detail) };
}

function keyOfEntry(portal: string, entry: Readonly<Record<string, unknown>>, text: string): number {
  const eventType = entry['eventType'];
  const id = entry['id'];
  const named = isName(eventType) && isName(id);
  return hashText(named ? `${portal}/${eventType}/${id}` : `${portal} no event ${text}`);
}

function isName(value: unknown): value is string | number {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
