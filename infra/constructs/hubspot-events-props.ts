/** What the construct is told: the configuration of cdk.json, key for key, and what of yours it is to use. */

import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { AnyEventBus } from './bus.ts';
import type { HubSpotEventsSettings } from './settings.ts';

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
