/** The package's face: `import { HubSpotEvents } from 'hubspot-events-to-eventbridge'`. */
export { ConfigError } from './config.ts';
export { eventPattern, type OnEventOptions, type PropertyCondition } from './constructs/event-rules.ts';
export { HubSpotEvents } from './constructs/hubspot-events.ts';
export type { HubSpotEventsProps } from './constructs/hubspot-events-props.ts';
export type { HubSpotEventsSettings, ObjectSettings, PortalSettings } from './constructs/settings.ts';
export type { FleetMetricOptions } from './monitoring/fleet-alarms.ts';
export type { PortalMetricOptions } from './monitoring/portal-metrics.ts';
