/** Names that the function, its stack and its users share. A change here is a change of the product. */

/** The function's environment variables; every value comes from the stack's template. */
export const ENVIRONMENT = {
  tableName: 'TABLE_NAME',
  eventBusName: 'EVENT_BUS_NAME',
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
  /** The HubSpot API URLs that a request may name, separated by commas. */
  apiUrls: 'HUBSPOT_API_URLS',
  /** The most bytes of one PutEvents call; 1,048,576 where not set. */
  putEventsMaxBytes: 'PUT_EVENTS_MAX_BYTES',
  /** The role whose sessions read the portals' secrets; the function's own role where not set. */
  portalRoleArn: 'PORTAL_ROLE_ARN',
  /** `portal`: each portal has metrics of its own; `fleet`: its figures stay in its log lines. `portal` where not set. */
  metrics: 'METRICS',
  /** The topic that the roll call tells of portals in trouble; there is no roll call where not set. */
  alarmTopicArn: 'ALARM_TOPIC_ARN',
} as const;

/** The tag of a portal role's session: the portal whose secret it may read. */
export const PORTAL_TAG = 'portal';

export const TABLE = {
  partitionKey: 'pk',
  sortKey: 'sk',
  /** The attribute DynamoDB's TTL looks at, in UNIX seconds. */
  timeToLive: 'expiresAt',
  /** The partition that lists all portals, each with its lease and its standing. */
  portalsPartition: 'portals',
  /** The partition of what the roll call has told. */
  rollCallPartition: 'roll-call',
} as const;

/** `Source` of every event on the bus. */
export const EVENT_SOURCE = 'hubspot.events';

/** HubSpot's own API: always among the URLs that the environment lists. */
export const HUBSPOT_API_URL = 'https://api.hubapi.com';

/** What a portal's secret holds from the deployment until the user writes the token. */
export const TOKEN_PLACEHOLDER = 'replace-with-your-hubspot-access-token';

/** The most bytes of one PutEvents call: 1 MiB since January 2026 (EventBridge quotas, 2026-11). */
export const DEFAULT_PUT_EVENTS_MAX_BYTES = 1_048_576;

/** The function's timeout. */
export const POLLER_TIMEOUT_SECONDS = 120;

export const METRIC_NAMESPACE = 'HubSpotEvents';

/** The one dimension of every metric. */
export const METRIC_DIMENSION = 'portal';

/** Every metric of the namespace, with its CloudWatch unit. */
export const METRICS = {
  LagSeconds: 'Seconds',
  EventsPublished: 'Count',
  EventsRead: 'Count',
  DuplicatesSuppressed: 'Count',
  LateEvents: 'Count',
  EventsDeadLettered: 'Count',
  EventAgeSeconds: 'Seconds',
  StreamsFailing: 'Count',
  HubSpotRequests: 'Count',
  HubSpotThrottled: 'Count',
  PublishRetries: 'Count',
  HubSpotDailyRemaining: 'Count',
  RunSeconds: 'Seconds',
} as const;

export type MetricName = keyof typeof METRICS;

/** What the roll call emits of all portals together, without a dimension; with its CloudWatch unit. */
export const FLEET_METRICS = {
  PortalsPolled: 'Count',
  PortalsSilent: 'Count',
  PortalsBehind: 'Count',
  PortalsFailing: 'Count',
  LagSecondsMax: 'Seconds',
} as const;

export type FleetMetricName = keyof typeof FLEET_METRICS;

/** The versions of HubSpot's Events API. */
export type ApiVersion = 'v3' | '2026-03' | '2026-09';

/** Which of a stream's readings found an event. */
export const PASS_KINDS = ['live', 'sweep', 'backfill'] as const;
export type PassKind = (typeof PASS_KINDS)[number];
