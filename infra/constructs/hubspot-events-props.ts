/** What the construct is told: the configuration of cdk.json, key for key, and what of yours it is to use. */

import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { AnyEventBus } from './bus.ts';

/** A stream of one CRM record's events. */
export interface ObjectSettings {
  /** `contact`, `0-1`, … */
  readonly objectType: string;
  readonly objectId?: string | undefined;
  /** One property and its value, in place of `objectId`: `{ email: 'a@b.c' }`. */
  readonly objectProperty?: Readonly<Record<string, string>> | undefined;
  /** Only events of this type. */
  readonly eventType?: string | undefined;
}

/** A portal's settings; each has a default. */
export interface PortalSettings {
  /** A list of event types, or `"all"` that HubSpot lists. @default "all" */
  readonly eventTypes?: 'all' | readonly string[];
  /** Streams of single records, besides. @default none */
  readonly objects?: readonly ObjectSettings[];
  /** @default "v3" */
  readonly apiVersion?: 'v3' | '2026-03' | '2026-09';
  /** https, or http on a loopback address. @default https://api.hubapi.com */
  readonly apiUrl?: string;
  /** The secret that is created for the token. @default hubspot-events/<portal> */
  readonly secretName?: string;
  /** The complete ARN of a secret that exists, used in its place. @default null */
  readonly secretArn?: string | null;
  /** Where a stream that was never polled starts: `"now"` or an ISO 8601 instant. @default "now" */
  readonly startFrom?: string;
  /** 5 to 60, or whole minutes up to 3600. @default 60 */
  readonly pollSeconds?: number;
  /** How often a stream is polled that showed nothing for an hour. @default 300 */
  readonly idlePollSeconds?: number;
  /** How far behind the watermark every poll reads again. @default 300 */
  readonly overlapSeconds?: number;
  /** How often the past is read again for late events; 0 = never. @default 60 */
  readonly sweepEveryMinutes?: number;
  /** How late an event may come and still be found. @default 24 */
  readonly sweepLookbackHours?: number;
  /** 1 to 1000. @default 1000 */
  readonly pageSize?: number;
  /** The share of the account's burst limit that the poller may use. @default 90 */
  readonly maxRequestsPer10Seconds?: number;
}

/** The configuration: what stands in cdk.json under `context.hubspotEvents`. */
export interface HubSpotEventsSettings {
  /** One or more HubSpot accounts, by a name of 1 to 32 of a-z, 0-9 and "-". */
  readonly portals: Readonly<Record<string, PortalSettings>>;
  /** When the lag alarm rings. @default 10 */
  readonly lagAlarmMinutes?: number;
  /** Who hears of alarms. @default nobody, until somebody subscribes to the topic */
  readonly alarmEmail?: string | null;
  /** More than 0: an archive of the bus for replays. @default 0 */
  readonly archiveDays?: number;
  /**
   * How many runs there may be at once, over all portals. So many of the account's concurrent executions are
   * reserved, and the deployment fails where fewer than 100 would be left (a new account may have 10 in all).
   * @default null: no limit, and nothing reserved
   */
  readonly maxConcurrency?: number | null;
  /** The most bytes of one PutEvents call: 262144 where the Region still has the old limit. @default 1048576 */
  readonly putEventsMaxBytes?: number;
  /** `"portal"`: each portal has its own metrics; `"fleet"`: all together. @default null: by `manyPortals` */
  readonly metrics?: 'portal' | 'fleet' | null;
}

export interface HubSpotEventsProps extends HubSpotEventsSettings {
  /** A bus that exists, in the same account and Region. @default one is created, named hubspot-events */
  readonly eventBus?: AnyEventBus;
  /** Encrypts the table. @default a key that DynamoDB owns */
  readonly tableKey?: IKey;
  /** Existing secrets by portal, used instead of creating one. @default none */
  readonly secrets?: Readonly<Record<string, ISecret>>;
  /** Where alarms are told. @default one is created */
  readonly alarmTopic?: ITopic;
  /** Where the poller runs; HubSpot must be reached from there (a NAT). @default outside of any VPC */
  readonly vpc?: IVpc;
  /** @default the private subnets of `vpc` */
  readonly vpcSubnets?: SubnetSelection;
  /** @default one is created in `vpc` */
  readonly securityGroups?: readonly ISecurityGroup[];
  /** Publishes the event's JSON Schema to a registry of EventBridge. @default false */
  readonly schemaRegistry?: boolean;
  /**
   * Portals are added at run time, or there are many: alarms over all in place of four for each, and ticks spread
   * over a minute. @default true for more than 50 portals
   */
  readonly manyPortals?: boolean;
  /** The folder with the poller's bundle. @default the one in this package */
  readonly bundle?: string;
}
