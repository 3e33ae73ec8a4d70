/** Names of the deployed stack that its operators' tools share: a file of its own, since loading the CDK takes half a second. */

export const STACK_NAME = 'HubSpotEvents';

/** The group of the portals' schedules: its metrics count these and no others of the account. */
export const SCHEDULE_GROUP_NAME = 'hubspot-events';
