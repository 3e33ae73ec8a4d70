/** What is made of the schemas: each file, and the text it must have. `npm run generate` writes them. */
import { withEveryKey } from './cdk-json.ts';
import { writeJsonSchema } from './json-schema.ts';
import { writeInterfaces } from './settings-interfaces.ts';
import { withTable } from './settings-table.ts';

/** By the path from the repository's root: the text, made of the one that is there. */
export const GENERATED: Readonly<Record<string, (text: string) => string>> = {
  'infra/schema/hubspot-event.schema.json': writeJsonSchema,
  'infra/constructs/settings.ts': writeInterfaces,
  'README.md': withTable,
  'cdk.json': withEveryKey,
};
