/** The event's schema in EventBridge's schema registry: consoles and IDEs find it there, and make types of it. */
import { CfnRegistry, CfnSchema } from 'aws-cdk-lib/aws-eventschemas';
import type { Construct } from 'constructs';
import { EVENT_SOURCE } from '../../functions/poller/contract.ts';
import { writeJsonSchema } from './json-schema.ts';

export const SCHEMA_REGISTRY_NAME = 'hubspot-events';

/** A registry with one schema, a new version of it at each deployment that changes the event. */
export function createSchemaRegistry(scope: Construct): CfnSchema {
  const registry = new CfnRegistry(scope, 'SchemaRegistry', {
    registryName: SCHEMA_REGISTRY_NAME,
    description: "The events of HubSpot's poller",
  });
  return new CfnSchema(scope, 'EventSchema', {
    registryName: registry.attrRegistryName,
    // As EventBridge itself names the schemas it finds: source@detail-type. The type is every event's here.
    schemaName: `${EVENT_SOURCE}@HubSpotEvent`,
    type: 'JSONSchemaDraft4',
    description: 'An event of HubSpot on the bus, of any event type',
    content: writeJsonSchema(),
  });
}
