/** The package's face: `import { HubSpotEvents } from 'hubspot-events-to-eventbridge'`. */
export { ConfigError } from './config.ts';
export { eventPattern, type OnEventOptions, type PropertyCondition } from './event-rules.ts';
export { HubSpotEvents } from './hubspot-events.ts';
export type {
  HubSpotEventsProps,
  HubSpotEventsSettings,
  ObjectSettings,
  PortalSettings,
} from './hubspot-events-props.ts';
export type { PortalMetricOptions } from './portal-metrics.ts';
