/** The custom event bus that HubSpot's events land on, and its archive where one is asked for. */
import { CfnArchive, EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { EVENT_SOURCE } from '../../functions/poller/contract.ts';

/** Rules name the bus, in other stacks too, so its name is said once and for all. */
export const EVENT_BUS_NAME = 'hubspot-events';

/** Both, since under exactOptionalPropertyTypes the library's own class does not fit its interface. */
export type AnyEventBus = IEventBus | EventBus;

/** The bus, or the one given; with `archiveDays` over 0 it keeps every event that long for a replay. */
export function useEventBus(scope: Construct, archiveDays: number, existing?: AnyEventBus): AnyEventBus {
  const bus = existing ?? createEventBus(scope);
  if (archiveDays > 0) {
    // Not bus.archive(): it puts an empty KmsKeyIdentifier into the template, which some Regions refuse (aws-cdk
    // issues 37847 and 37865, seen with aws-cdk-lib 2.276.0).
    new CfnArchive(scope, 'Archive', {
      sourceArn: bus.eventBusArn,
      description: `HubSpot's events of the last ${archiveDays} days, for a replay`,
      eventPattern: { source: [EVENT_SOURCE] },
      retentionDays: archiveDays,
    });
  }
  return bus;
}

function createEventBus(scope: Construct): EventBus {
  return new EventBus(scope, 'EventBus', {
    eventBusName: EVENT_BUS_NAME,
    description: "HubSpot's events, as the poller publishes them",
  });
}
