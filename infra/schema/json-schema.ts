/** The event's JSON Schema, for consumers in any language: made of the schema that parses it. */
import { z } from 'zod';
import { hubSpotEventSchema } from '../../functions/consumer/event.ts';

/** JSON Schema draft 4: the dialect that EventBridge's schema registry takes (API reference, 2026-11). */
export function writeJsonSchema(): string {
  const schema = z.toJSONSchema(hubSpotEventSchema, { target: 'draft-4', io: 'input' });
  return `${JSON.stringify({ title: 'HubSpotEvent', ...schema }, undefined, 2)}\n`;
}
