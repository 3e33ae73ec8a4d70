/** cdk.json shows every key of the configuration: what is missing is filled in, what is set stays. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { readConfig } from '../config.ts';

const settingsByPortal = z.record(z.string(), z.looseObject({}));
const cdkJsonSchema = z.looseObject({
  context: z.looseObject({ hubspotEvents: z.looseObject({ portals: settingsByPortal }) }),
});

/** Where the configuration stands, as Biome formats the file. */
const CONFIGURATION = /^ {4}"hubspotEvents": \{\n.*?^ {4}\}/ms;

/** The text of cdk.json with each key that it lacks, as its default. @throws ConfigError where it has mistakes */
export function withEveryKey(text: string): string {
  const given = cdkJsonSchema.parse(JSON.parse(text)).context.hubspotEvents;
  const { portals, ...rest } = readConfig(given);
  const whole = {
    ...given,
    ...rest,
    portals: Object.fromEntries(
      portals.map(({ name, ...settings }) => [name, { ...given.portals[name], ...settings }]),
    ),
  };
  if (isDeepStrictEqual(given, whole)) return text;
  const written = JSON.stringify(whole, undefined, 2).replaceAll('\n', '\n    ');
  return text.replace(CONFIGURATION, () => `    "hubspotEvents": ${written}`);
}
