/**
 * The request: what the schedule's `Input` holds, and all the function needs to poll one portal.
 * The settings are the same as in the configuration (cdk.json), with the same defaults.
 */
import { HUBSPOT_API_URL } from '../contract.ts';
import * as z from '../core/schema.ts';
import { PollerError } from '../errors.ts';
import { describeMistakes } from './mistakes.ts';

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

/** True where the URL is https, or http on a loopback address: the only places a token may go. */
export function isSafeApiUrl(text: string): boolean {
  // The function's environment lists the URLs a token may go to, separated by commas.
  if (text.includes(',') || !URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK_HOSTS.has(url.hostname));
}

const PORTAL_NAME = 'must be 1 to 32 of a-z, 0-9 and -';
const portalName = z.string(PORTAL_NAME).check(z.regex(/^[a-z0-9-]{1,32}$/, PORTAL_NAME));

const eventType = z
  .string()
  .check(z.regex(/^[^\s,#]{1,512}$/, 'must be an event type: 1 to 512 characters, no spaces, "," or "#"'));

const wholeNumber = (least: number, most: number) =>
  z
    .int(`must be a whole number from ${least} to ${most}`)
    .check(z.minimum(least, `must be ${least} or more`), z.maximum(most, `must be ${most} or less`));

const POLL_SECONDS = { error: 'must be 5 to 60, or whole minutes up to 3600', abort: true };

const pollSeconds = z.int('must be a whole number of seconds').check(
  z.minimum(5, POLL_SECONDS),
  z.maximum(3600, POLL_SECONDS),
  z.refine((n) => n <= 60 || n % 60 === 0, POLL_SECONDS),
);

const START_FROM = 'must be "now" or an ISO 8601 instant with its zone, such as 2026-11-01T00:00:00Z';

const objectName = z
  .string()
  .check(
    z.regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be an object type: contact, 0-1, …'),
    z.describe('`contact`, `0-1`, …'),
  );

const onlyOfType = z.optional(eventType).check(z.describe('Only events of this type.'));

const OBJECT =
  'must be {"objectType","objectId"} or {"objectType","objectProperty":{name: value}}, either with "eventType"';

const objectById = z.strictObject({
  objectType: objectName,
  objectId: z
    .string()
    .check(
      z.regex(/^\d{1,19}$/, 'must be the digits of an object id'),
      z.describe("The record's id in HubSpot."),
    ),
  eventType: onlyOfType,
});

const objectByProperty = z.strictObject({
  objectType: objectName,
  objectProperty: z
    .record(
      z.string().check(z.regex(/^[A-Za-z0-9_]{1,128}$/, 'must be a property name')),
      z.string().check(z.minLength(1)),
    )
    .check(
      z.refine((properties) => Object.keys(properties).length === 1, 'must hold exactly one property'),
      z.describe("One property and its value, in place of `objectId`: `{ email: 'a@b.c' }`."),
    ),
  eventType: onlyOfType,
});

const API_URL =
  'must be an https URL (http only on a loopback address) without credentials, query, fragment or comma';

const apiUrl = z.string(API_URL).check(z.refine(isSafeApiUrl, API_URL));

const objectStream = z
  .union([objectById, objectByProperty], { error: OBJECT })
  .check(z.meta({ id: 'ObjectSettings', description: "A stream of one CRM record's events." }));

const setting = <T extends z.core.$ZodType>(
  rule: T,
  standard: z.core.util.NoUndefined<z.output<T>>,
  meaning: string,
) => z._default(rule, standard).check(z.describe(meaning));

/**
 * What can be set for a portal, apart from its name and its secret: each key with its rule, its default and what it
 * means. `npm run generate` writes the construct's types, the README's table and cdk.json of it.
 */
export const settingsShape = {
  eventTypes: setting(
    z.union(
      [z.literal('all'), z.array(eventType).check(z.maxLength(1000, 'must list 1,000 types at most'))],
      {
        error: 'must be "all" or a list of event types',
      },
    ),
    'all',
    'The event types that are polled; `"all"` is what HubSpot\'s event-types endpoint lists, asked once an hour.',
  ),
  objects: setting(
    z.array(objectStream).check(z.maxLength(1000, 'must list 1,000 objects at most')),
    [],
    'Streams of single records, besides: `{"objectType":"contact","objectId":"123"}` or `{"objectType":"contact","objectProperty":{"email":"a@b.c"}}`, either with `"eventType"`. An event that an event type\'s stream shows too is published by both.',
  ),
  apiVersion: setting(
    z.enum(['v3', '2026-03', '2026-09'], { error: 'must be "v3", "2026-03" or "2026-09"' }),
    'v3',
    'HubSpot ends v3 in September 2027; changing the version keeps the checkpoints.',
  ),
  apiUrl: setting(apiUrl, HUBSPOT_API_URL, 'Where HubSpot is reached: https, or http on a loopback address.'),
  startFrom: setting(
    z.union([z.literal('now'), z.iso.datetime({ offset: true, error: START_FROM })], { error: START_FROM }),
    'now',
    'Where a stream that was never polled starts: `"now"`, or an ISO 8601 instant with its zone.',
  ),
  pollSeconds: setting(
    pollSeconds,
    60,
    'How often streams are polled; over 60 in whole minutes. Under 60 one invocation polls several times.',
  ),
  idlePollSeconds: setting(
    wholeNumber(5, 86_400),
    300,
    'How often a stream is polled that showed nothing for an hour.',
  ),
  overlapSeconds: setting(
    wholeNumber(0, 86_400),
    300,
    'How far behind the watermark every poll reads again.',
  ),
  sweepEveryMinutes: setting(
    wholeNumber(0, 10_080),
    60,
    'How often the past is read again for late events; 0 = never.',
  ),
  sweepLookbackHours: setting(wholeNumber(1, 720), 24, 'How late an event may come and still be found.'),
  pageSize: setting(
    wholeNumber(1, 1000),
    1000,
    'How many events are asked for at once; falls back to 100 where HubSpot refuses it.',
  ),
  maxRequestsPer10Seconds: setting(
    wholeNumber(1, 10_000),
    90,
    "The share of the account's burst limit that this poller may use, in any 10 seconds.",
  ),
} as const;

const backfillInstant = z.iso.datetime({
  offset: true,
  message: 'must be an ISO 8601 instant with its zone',
});

const BACKFILL = 'must be {"stream","from","to"}, with "republish" where wanted, or {"stream","cancel":true}';

const streamName = z.string(BACKFILL).check(z.minLength(1, 'must name a stream'));

/** A window that an operator asks to have read, or the end of one asked for before. */
export const backfillSchema = z.union(
  [
    z
      .strictObject({
        stream: streamName,
        from: backfillInstant,
        to: backfillInstant,
        /** Publish also what the ledger says was published. */
        republish: z._default(z.boolean(), false),
      })
      .check(z.refine(({ from, to }) => !(Date.parse(from) >= Date.parse(to)), 'from must lie before to')),
    z.strictObject({ stream: streamName, cancel: z.literal(true) }),
  ],
  { error: BACKFILL },
);

/** The whole request. Unknown keys are mistakes. */
export const requestSchema = z.strictObject(
  {
    portal: portalName,
    /** Name or ARN of the secret in Secrets Manager. */
    secretId: z.string('must be the name or ARN of a secret').check(z.minLength(1), z.maxLength(2048)),
    ...settingsShape,
    backfill: z.optional(backfillSchema),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? 'must be a JSON object' : undefined) },
);

export const portalNameSchema = portalName;
export const eventTypeSchema = eventType;

export type PollRequest = z.output<typeof requestSchema>;
export type BackfillRequest = z.output<typeof backfillSchema>;

/**
 * The request in an invocation's payload.
 * @throws PollerError `request-invalid` that lists every mistake, or where `apiUrl` is none of the environment's:
 *   who may invoke the function must not be able to send a token elsewhere
 */
export function parseRequest(payload: unknown, apiUrls: readonly string[]): PollRequest {
  const result = requestSchema.safeParse(payload);
  if (!result.success) {
    const mistakes = describeMistakes(result.error, payload).join('; ');
    throw new PollerError('request-invalid', `Reading the request: ${mistakes}`);
  }
  const { apiUrl } = result.data;
  if (!apiUrls.some((listed) => isSafeApiUrl(listed) && new URL(listed).href === new URL(apiUrl).href)) {
    const text = `Reading the request: apiUrl must be one that the function's environment lists (${apiUrls.join(', ')}), found ${apiUrl}`;
    throw new PollerError('request-invalid', text);
  }
  return result.data;
}
