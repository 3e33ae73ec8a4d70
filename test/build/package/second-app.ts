// The whole of a second CDK app, as the README shows one: compiled and run outside of this repository.
import { App, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { HubSpotEvents } from 'hubspot-events-to-eventbridge';
import { type HubSpotEventBridgeEvent, isHubSpotEvent } from 'hubspot-events-to-eventbridge/events';

declare module 'hubspot-events-to-eventbridge/events' {
  interface HubSpotEventProperties {
    readonly pe1_signed_up: { readonly plan: string };
  }
}

const app = new App({ analyticsReporting: false });
const stack = new Stack(app, 'Mine');
const [, , apiUrl = '', startFrom = 'now'] = process.argv;
const hubSpot = new HubSpotEvents(stack, 'HubSpot', {
  portals: { main: { apiUrl, startFrom } },
  schemaRegistry: true,
});
hubSpot.onEvent('e_visited_page', new SqsQueue(new Queue(stack, 'Pricing')), {
  objectType: 'contact',
  properties: { hs_url_path: Match.prefix('/pricing') },
});
hubSpot.lagMetric().createAlarm(stack, 'Late', { threshold: 3600, evaluationPeriods: 3 });
app.synth();

// @ts-expect-error: a setting that is not there is found before the synth.
export const misspelt = { portals: { main: { pollMinutes: 1 } } } satisfies ConstructorParameters<
  typeof HubSpotEvents
>[2];

/** What a consumer reads, checked by the compiler. */
export function read(event: HubSpotEventBridgeEvent): string | undefined {
  if (isHubSpotEvent(event, 'pe1_signed_up')) return event.detail.properties?.plan;
  // @ts-expect-error: of any event nothing is known about its properties.
  const path: string | undefined = event.detail.properties?.['hs_url_path'];
  return path;
}
