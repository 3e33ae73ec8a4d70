/**
 * The configuration, key by key: the rule, the default and what it means. `npm run generate` writes the construct's
 * types, the README's table and cdk.json of it. What several keys must hold together is checked in config.ts.
 */
import { z } from 'zod';
import { DEFAULT_PUT_EVENTS_MAX_BYTES } from '../functions/poller/contract.ts';
import { settingsShape } from '../functions/poller/input/request.ts';

const LONGEST_LAG_ALARM_MINUTES = 1440;

const wholeNumber = (least: number, most: number) => {
  const rule = `must be a whole number from ${least} to ${most}`;
  return z.int(rule).min(least, rule).max(most, rule);
};

const SECRET_NAME = 'must be the name of a secret: 1 to 512 of A-Z, a-z, 0-9 and /_+=.@-';
const SECRET_ARN =
  'must be null, or the complete ARN of a secret, with the six characters Secrets Manager adds at its end';
const EMAIL_RULE = 'must be null or an e-mail address';
const CONCURRENCY_RULE =
  "must be null, or how many runs there may be at once, from 1 to 10000; so many of the account's concurrent executions are reserved, and Lambda refuses the deployment where fewer than 100 would be left to its other functions (a new account may have 10 in all)";
const PUT_EVENTS_RULE =
  'must be the most bytes of one PutEvents call, from 65536 to 1048576; 262144 where the Region still has the old limit';
const METRICS_RULE =
  'must be "portal" (each portal has its own metrics), "fleet" (all portals together), or null';

/** The name of a portal's secret where none is configured. */
export function defaultSecretName(portal: string): string {
  return `hubspot-events/${portal}`;
}

/** A portal's settings, and where its secret is. */
export const portalSchema = z
  .strictObject(
    {
      ...settingsShape,
      secretName: z
        .string(SECRET_NAME)
        .regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/, SECRET_NAME)
        .optional()
        .meta({
          description:
            'The secret to create: a bare token, `{"accessToken"}` or `{"clientId","clientSecret","refreshToken"}`.',
          // For who reads: it is filled in where the portal's name is known.
          default: defaultSecretName('<portal>'),
        }),
      secretArn: z
        .string(SECRET_ARN)
        .regex(
          /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$/,
          SECRET_ARN,
        )
        .nullable()
        .default(null)
        .describe('The complete ARN of a secret that exists, used instead of creating one.'),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? 'must be an object of settings' : undefined) },
  )
  .meta({ id: 'PortalSettings', description: "A portal's settings; each has a default." });

/** Every key of the configuration: cdk.json shows each, the construct takes each. */
const configShape = {
  portals: z
    .record(z.string(), portalSchema, 'must be an object: the settings of each portal under its name')
    .describe('One or more HubSpot accounts, each under a name of 1 to 32 of `a-z`, `0-9` and `-`.'),
  lagAlarmMinutes: wholeNumber(1, LONGEST_LAG_ALARM_MINUTES)
    .default(10)
    .describe(
      'The lag over which the lag alarm rings, two ticks later at most; more where `pollSeconds` or `idlePollSeconds` make more ordinary, and synth says so.',
    ),
  alarmEmail: z
    .email(EMAIL_RULE)
    .nullable()
    .default(null)
    .describe('Who hears of alarms; `null`: nobody, until somebody subscribes to the topic.'),
  archiveDays: wholeNumber(0, 3650)
    .default(0)
    .describe('More than 0: an EventBridge archive of the bus, for replays.'),
  maxConcurrency: z
    .int(CONCURRENCY_RULE)
    .min(1, CONCURRENCY_RULE)
    .max(10_000, CONCURRENCY_RULE)
    .nullable()
    .default(null)
    .describe(
      "How many runs there may be at once, over all portals; `null`: no limit, and nothing reserved. A number reserves so many of the account's concurrent executions; Lambda refuses the deployment where fewer than 100 would be left (a new account may have 10 in all).",
    ),
  putEventsMaxBytes: z
    .int(PUT_EVENTS_RULE)
    .min(65_536, PUT_EVENTS_RULE)
    .max(DEFAULT_PUT_EVENTS_MAX_BYTES, PUT_EVENTS_RULE)
    .default(DEFAULT_PUT_EVENTS_MAX_BYTES)
    .describe('The most bytes of one PutEvents call; 262144 where the Region still has the old limit.'),
  metrics: z
    .enum(['portal', 'fleet'], METRICS_RULE)
    .nullable()
    .default(null)
    .describe(
      '`"portal"`: each portal has its own metrics; `"fleet"`: all portals together; `null`: `"portal"`, and `"fleet"` with many portals.',
    ),
} as const;

/** The whole configuration. */
export const configSchema = z
  .strictObject(configShape, {
    error: (issue) =>
      issue.code === 'invalid_type' ? 'must be an object with portals, lagAlarmMinutes, …' : undefined,
  })
  .describe('The configuration: what stands in cdk.json under `context.hubspotEvents`.');
