/** What the dashboard reads from the log: figures of streams and event types, which are no metrics, since each would cost. */
import { type IWidget, LogQueryVisualizationType, LogQueryWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';

/**
 * The queries, also to be pasted into Logs Insights. `furthestBehind` and `publishedByType` are lists in the line that
 * ends a run; `unnest` makes a row of each of their elements.
 */
export const LOG_QUERIES = {
  'Streams furthest behind': [
    'filter message = "Run"',
    'fields jsonParse(@message) as line',
    'unnest line.furthestBehind into behind',
    'stats latest(behind.lagSeconds) as lagSeconds, latest(@timestamp) as at by portal, behind.stream',
    'sort lagSeconds desc',
    'limit 20',
  ],
  'Events by type': [
    'filter message = "Run" and eventsPublished > 0',
    'fields jsonParse(@message) as line',
    'unnest line.publishedByType into published',
    'stats sum(published.events) as events by portal, published.eventType',
    'sort events desc',
    'limit 50',
  ],
  'Failures by stream and cause': [
    'filter level = "ERROR"',
    'stats count(*) as times, latest(@timestamp) as last by portal, stream, code, reason',
    'sort times desc',
    'limit 20',
  ],
} as const satisfies Record<string, readonly string[]>;

/**
 * Those of many portals, whose figures are in the log alone: each run tells them in a line, under the metrics' names;
 * the roll call tells whom it found in trouble.
 */
export const FLEET_LOG_QUERIES = {
  'Portals in trouble': [
    'filter message = "Roll call"',
    'fields jsonParse(@message) as line',
    'unnest line.troubles into trouble',
    'stats latest(trouble.detail) as detail, latest(@timestamp) as at by trouble.portal, trouble.kind',
    'sort at desc',
    'limit 50',
  ],
  'Portals furthest behind': [
    'filter ispresent(LagSeconds)',
    'stats latest(LagSeconds) as lagSeconds, latest(StreamsFailing) as failing, sum(EventsPublished) as published by portal',
    'sort lagSeconds desc',
    'limit 50',
  ],
  'Portals near a limit of HubSpot': [
    'filter ispresent(HubSpotRequests)',
    'stats min(HubSpotDailyRemaining) as remaining, sum(HubSpotThrottled) as throttled, sum(HubSpotRequests) as requests by portal',
    'sort throttled desc, remaining asc',
    'limit 50',
  ],
} as const satisfies Record<string, readonly string[]>;

/** A table for each query, over the time the dashboard shows. */
export function createLogWidgets(
  logGroup: ILogGroup,
  queries: Readonly<Record<string, readonly string[]>>,
): IWidget[] {
  return Object.entries(queries).map(
    ([title, queryLines]) =>
      new LogQueryWidget({
        title,
        logGroupNames: [logGroup.logGroupName],
        queryLines: [...queryLines],
        view: LogQueryVisualizationType.TABLE,
        width: 24,
        height: 6,
      }),
  );
}
