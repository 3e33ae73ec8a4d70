/**
 * The configuration: one object, in cdk.json under `context.hubspotEvents`, or as JSON text from
 * `-c hubspotEvents='…'`. It is read once, at synth; every mistake is told in one message.
 */
import { z } from 'zod';
import { describeFound, describeKey, describeMistakes } from '../functions/poller/input/mistakes.ts';
import { portalNameSchema } from '../functions/poller/input/request.ts';
import { configSchema, defaultSecretName, portalSchema } from './config-schema.ts';

export { lagAlarmMinutesOf, tickSeconds } from '../functions/poller/input/rhythm.ts';

/**
 * Lambda took 256 KB of an asynchronous request everywhere before it took 1 MB (October 2025); a request
 * that fits the smaller also leaves room in CloudFormation's template (1 MB).
 */
const REQUEST_MAX_BYTES = 262_144;

/**
 * The portals of one stack. A portal takes two resources, its secret and its schedule, of the 500 that CloudFormation
 * allows; this many leave 100 for everything else, also of the app that the construct is part of.
 */
export const MOST_PORTALS_OF_A_STACK = 200;

/** The requests of all portals, as they stand in the template, of whose 1 MB each portal takes 2 KB besides. */
const REQUESTS_MAX_BYTES = 400_000;

type PortalSettings = z.output<typeof portalSchema>;

/** A portal with its name; `secretName` is always there, and ignored where `secretArn` is set. */
export type PortalConfig = Omit<PortalSettings, 'secretName'> & {
  readonly name: string;
  readonly secretName: string;
};

/** The whole configuration, checked, with every default in its place. */
export type Config = Omit<z.output<typeof configSchema>, 'portals'> & {
  readonly portals: readonly PortalConfig[];
};

/** Every mistake of a configuration in one message, meant for its author and not for a debugger. */
export class ConfigError extends Error {
  /** @param what holds the mistakes: the configuration where not given */
  constructor(mistakes: readonly string[], what = CONFIGURATION) {
    super(`${what} cannot be used:\n${mistakes.map((mistake) => `  - ${mistake}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

const CONFIGURATION = "The configuration (cdk.json, context.hubspotEvents, or -c hubspotEvents='…')";

/**
 * The checked configuration, from an object or JSON text.
 * @param what holds it, as a message calls it
 * @throws ConfigError with every mistake.
 */
export function readConfig(given: unknown, what?: string): Config {
  const input = typeof given === 'string' ? parseConfigText(given) : given;
  const parsed = configSchema.safeParse(input);
  // The checks across keys look at what can be read, so that they speak up beside the mistakes of shape.
  const portals = readablePortals(input);
  const mistakes = [
    ...(parsed.success ? [] : describeMistakes(parsed.error, input)),
    ...checkPortals(input, portals),
  ];
  if (!parsed.success || mistakes.length > 0) throw new ConfigError(mistakes, what);
  return { ...parsed.data, portals };
}

/**
 * The schedule's `Input` for a portal: the whole request as JSON text, every setting in it.
 * @param secretId name or ARN of the secret, where it is none that the configuration names
 */
export function requestText(
  { name, secretName, secretArn, ...settings }: PortalConfig,
  secretId = secretArn ?? secretName,
): string {
  return JSON.stringify({ portal: name, secretId, ...settings });
}

/**
 * What the JSON text holds. The parser's own message would quote what stands around the mistake.
 * @param key of the text, as a message calls it
 * @throws ConfigError
 */
export function parseConfigText(text: string, key = '(the whole)'): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const [place] = /line \d+ column \d+|end of JSON input/.exec(String(error)) ?? [];
    const found = place === undefined ? 'a mistake' : `a mistake at ${place}`;
    throw new ConfigError([`${key}: must be JSON text; found ${found}`]);
  }
}

const looseSchema = z.object({ portals: z.record(z.string(), z.unknown()) });

function readablePortals(input: unknown): PortalConfig[] {
  const loose = looseSchema.safeParse(input);
  if (!loose.success) return [];
  return Object.entries(loose.data.portals).flatMap(([name, value]) => {
    const settings = portalSchema.safeParse(value);
    if (!settings.success) return [];
    return [{ ...settings.data, name, secretName: settings.data.secretName ?? defaultSecretName(name) }];
  });
}

function checkPortals(input: unknown, portals: readonly PortalConfig[]): string[] {
  const loose = looseSchema.safeParse(input);
  const names = loose.success ? Object.keys(loose.data.portals) : [];
  if (loose.success && names.length === 0) return ['portals: must hold at least one portal; found {}'];
  const misnamed = names.filter((name) => !portalNameSchema.safeParse(name).success);
  return [
    ...misnamed.map((name) => {
      const path = ['portals', name];
      return `${describeKey(path)}: must be named with 1 to 32 of a-z, 0-9 and -; found ${describeFound(path, name)}`;
    }),
    ...portals.flatMap(checkPortal),
    ...checkSecretNames(portals),
    ...checkSizeOfStack(names.length, portals),
  ];
}

/** What does not fit into one stack can be added beside it. */
function checkSizeOfStack(count: number, portals: readonly PortalConfig[]): string[] {
  const rest =
    'deploy with -c manyPortals=true (the construct: manyPortals), and add the others at run time: npm run events -- portal add';
  if (count > MOST_PORTALS_OF_A_STACK) {
    return [
      `portals: must be ${MOST_PORTALS_OF_A_STACK} at most in one stack (two resources each, of CloudFormation's 500); found ${count}; ${rest}`,
    ];
  }
  // In the template each request is a text within JSON.
  const bytes = portals.reduce(
    (sum, portal) => sum + Buffer.byteLength(JSON.stringify(requestText(portal))),
    0,
  );
  if (bytes <= REQUESTS_MAX_BYTES) return [];
  return [
    `portals: must take ${REQUESTS_MAX_BYTES} bytes of the template at most together (CloudFormation takes 1 MB); found ${bytes} bytes; ${rest}`,
  ];
}

function checkPortal(portal: PortalConfig): string[] {
  const key = describeKey(['portals', portal.name]);
  const bytes = Buffer.byteLength(requestText(portal));
  const polled = portal.eventTypes === 'all' ? 1 : portal.eventTypes.length + portal.objects.length;
  return [
    ...(polled > 0 ? [] : [`${key}.eventTypes: must name a type where objects names no object; found []`]),
    ...(bytes <= REQUEST_MAX_BYTES
      ? []
      : [`${key}: must fit into a request of ${REQUEST_MAX_BYTES} bytes; found ${bytes} bytes`]),
  ];
}

function checkSecretNames(portals: readonly PortalConfig[]): string[] {
  const created = portals.filter((portal) => portal.secretArn === null);
  return created.flatMap((portal, index) => {
    const first = created.slice(0, index).find((other) => other.secretName === portal.secretName);
    if (first === undefined) return [];
    return [
      `${describeKey(['portals', portal.name, 'secretName'])}: must differ from that of portal ${describeKey([first.name])}`,
    ];
  });
}
