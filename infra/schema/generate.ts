// What `npm run generate` runs: the event's JSON Schema, beside this file.
import { writeFileSync } from 'node:fs';
import { writeJsonSchema } from './json-schema.ts';

writeFileSync(new URL('hubspot-event.schema.json', import.meta.url), writeJsonSchema());
