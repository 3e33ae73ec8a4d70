/**
 * The configuration: one object, in cdk.json under `context.hubspotEvents`, or as JSON text from
 * `-c hubspotEvents='…'`. It is read once, at synth; every mistake is told in one message.
 */
import { z } from 'zod';
import { describeMistakes, portalNameSchema, settingsShape } from '../functions/poller/input/request.ts';

export { lagAlarmMinutesOf, tickSeconds } from '../functions/poller/input/rhythm.ts';

/**
 * Lambda took 256 KB of an asynchronous request everywhere before it took 1 MB (October 2025); a request
 * that fits the smaller also leaves room in CloudFormation's template (1 MB).
 */
const REQUEST_MAX_BYTES = 262_144;

const LONGEST_LAG_ALARM_MINUTES = 1440;

const wholeNumber = (least: number, most: number) => {
  const rule = `must be a whole number from ${least} to ${most}`;
  return z.int(rule).min(least, rule).max(most, rule);
};

const SECRET_NAME = 'must be the name of a secret: 1 to 512 of A-Z, a-z, 0-9 and /_+=.@-';
const SECRET_ARN =
  'must be null, or the complete ARN of a secret, with the six characters Secrets Manager adds at its end';
const EMAIL = 'must be null or an e-mail address';

const portalSchema = z.strictObject(
  {
    ...settingsShape,
    /** The secret that the stack creates; `hubspot-events/<portal>` where not set. */
    secretName: z
      .string(SECRET_NAME)
      .regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/, SECRET_NAME)
      .optional(),
    /** A secret that exists already, used instead of creating one. */
    secretArn: z
      .string(SECRET_ARN)
      .regex(
        /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$/,
        SECRET_ARN,
      )
      .nullable()
      .default(null),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? 'must be an object of settings' : undefined) },
);

const configSchema = z.strictObject(
  {
    portals: z.record(
      z.string(),
      portalSchema,
      'must be an object: the settings of each portal under its name',
    ),
    lagAlarmMinutes: wholeNumber(1, LONGEST_LAG_ALARM_MINUTES).default(10),
    alarmEmail: z.email(EMAIL).nullable().default(null),
    archiveDays: wholeNumber(0, 3650).default(0),
  },
  {
    error: (issue) =>
      issue.code === 'invalid_type' ? 'must be an object with portals, lagAlarmMinutes, …' : undefined,
  },
);

type PortalSettings = z.output<typeof portalSchema>;

/** A portal with its name; `secretName` is always there, and of no account where `secretArn` is set. */
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
  constructor(mistakes: readonly string[]) {
    const lines = mistakes.map((mistake) => `  - ${mistake}`).join('\n');
    super(
      `The configuration (cdk.json, context.hubspotEvents, or -c hubspotEvents='…') cannot be used:\n${lines}`,
    );
    this.name = 'ConfigError';
  }
}

/**
 * The checked configuration, from an object or JSON text.
 * @throws ConfigError with every mistake.
 */
export function readConfig(given: unknown): Config {
  const input = typeof given === 'string' ? parseJson(given) : given;
  const parsed = configSchema.safeParse(input);
  // The checks across keys look at what can be read, so that they speak up beside the mistakes of shape.
  const portals = readablePortals(input);
  const mistakes = [
    ...(parsed.success ? [] : describeMistakes(parsed.error, input)),
    ...checkPortals(input, portals),
  ];
  if (!parsed.success || mistakes.length > 0) throw new ConfigError(mistakes);
  return { ...parsed.data, portals };
}

/** The name of a portal's secret where none is configured. */
export function defaultSecretName(portal: string): string {
  return `hubspot-events/${portal}`;
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([`(the whole): must be JSON text; ${reason}`]);
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
  if (loose.success && Object.keys(loose.data.portals).length === 0) {
    return ['portals: must hold at least one portal; found {}'];
  }
  const names = loose.success ? Object.keys(loose.data.portals) : [];
  const misnamed = names.filter((name) => !portalNameSchema.safeParse(name).success);
  return [
    ...misnamed.map(
      (name) =>
        `portals.${name}: must be named with 1 to 32 of a-z, 0-9 and -; found ${JSON.stringify(name)}`,
    ),
    ...portals.flatMap(checkPortal),
    ...checkSecretNames(portals),
  ];
}

function checkPortal(portal: PortalConfig): string[] {
  const key = `portals.${portal.name}`;
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
    const found = JSON.stringify(portal.secretName);
    return [
      `portals.${portal.name}.secretName: must differ from that of portal ${first.name}; found ${found}`,
    ];
  });
}
