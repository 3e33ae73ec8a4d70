// Written by `npm run generate`, of infra/config-schema.ts and settingsShape in functions/poller/input/request.ts.

/** A stream of one CRM record's events. */
export interface ObjectSettings {
  /** `contact`, `0-1`, … */
  readonly objectType: string;
  /** The record's id in HubSpot. */
  readonly objectId?: string | undefined;
  /** Only events of this type. */
  readonly eventType?: string | undefined;
  /** One property and its value, in place of `objectId`: `{ email: 'a@b.c' }`. */
  readonly objectProperty?: Readonly<Record<string, string>> | undefined;
}

/** A portal's settings; each has a default. */
export interface PortalSettings {
  /**
   * The event types that are polled; `"all"` is what HubSpot's event-types endpoint lists, asked once an
   * hour.
   * @default "all"
   */
  readonly eventTypes?: 'all' | readonly string[];
  /**
   * Streams of single records, besides: `{"objectType":"contact","objectId":"123"}` or
   * `{"objectType":"contact","objectProperty":{"email":"a@b.c"}}`, either with `"eventType"`. An event that
   * an event type's stream shows too is published by both.
   * @default []
   */
  readonly objects?: readonly ObjectSettings[];
  /** HubSpot ends v3 in September 2027; changing the version keeps the checkpoints. @default "v3" */
  readonly apiVersion?: 'v3' | '2026-03' | '2026-09';
  /** Where HubSpot is reached: https, or http on a loopback address. @default "https://api.hubapi.com" */
  readonly apiUrl?: string;
  /**
   * Where a stream that was never polled starts: `"now"`, or an ISO 8601 instant with its zone.
   * @default "now"
   */
  readonly startFrom?: string;
  /**
   * How often streams are polled; over 60 in whole minutes. Under 60 one invocation polls several times.
   * Whole number, 5 to 3600.
   * @default 60
   */
  readonly pollSeconds?: number;
  /** How often a stream is polled that showed nothing for an hour. Whole number, 5 to 86400. @default 300 */
  readonly idlePollSeconds?: number;
  /** How far behind the watermark every poll reads again. Whole number, 0 to 86400. @default 300 */
  readonly overlapSeconds?: number;
  /** How often the past is read again for late events; 0 = never. Whole number, 0 to 10080. @default 60 */
  readonly sweepEveryMinutes?: number;
  /** How late an event may come and still be found. Whole number, 1 to 720. @default 24 */
  readonly sweepLookbackHours?: number;
  /**
   * How many events are asked for at once; falls back to 100 where HubSpot refuses it. Whole number, 1 to
   * 1000.
   * @default 1000
   */
  readonly pageSize?: number;
  /**
   * The share of the account's burst limit that this poller may use, in any 10 seconds. Whole number, 1 to
   * 10000.
   * @default 90
   */
  readonly maxRequestsPer10Seconds?: number;
  /**
   * The secret to create: a bare token, `{"accessToken"}` or `{"clientId","clientSecret","refreshToken"}`.
   * @default "hubspot-events/<portal>"
   */
  readonly secretName?: string;
  /** The complete ARN of a secret that exists, used instead of creating one. @default null */
  readonly secretArn?: string | null;
}

/** The configuration: what stands in cdk.json under `context.hubspotEvents`. */
export interface HubSpotEventsSettings {
  /** One or more HubSpot accounts, each under a name of 1 to 32 of `a-z`, `0-9` and `-`. */
  readonly portals: Readonly<Record<string, PortalSettings>>;
  /**
   * The lag over which the lag alarm rings, two ticks later at most; more where `pollSeconds` or
   * `idlePollSeconds` make more ordinary, and synth says so. Whole number, 1 to 1440.
   * @default 10
   */
  readonly lagAlarmMinutes?: number;
  /** Who hears of alarms; `null`: nobody, until somebody subscribes to the topic. @default null */
  readonly alarmEmail?: string | null;
  /** More than 0: an EventBridge archive of the bus, for replays. Whole number, 0 to 3650. @default 0 */
  readonly archiveDays?: number;
  /**
   * How many runs there may be at once, over all portals; `null`: no limit, and nothing reserved. A number
   * reserves so many of the account's concurrent executions; Lambda refuses the deployment where fewer than
   * 100 would be left (a new account may have 10 in all). Whole number, 1 to 10000.
   * @default null
   */
  readonly maxConcurrency?: number | null;
  /**
   * The most bytes of one PutEvents call; 262144 where the Region still has the old limit. Whole number,
   * 65536 to 1048576.
   * @default 1048576
   */
  readonly putEventsMaxBytes?: number;
  /**
   * `"portal"`: each portal has its own metrics; `"fleet"`: all portals together; `null`: `"portal"`, and
   * `"fleet"` with many portals.
   * @default null
   */
  readonly metrics?: 'portal' | 'fleet' | null;
}
