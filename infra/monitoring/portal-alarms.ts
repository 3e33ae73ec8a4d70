/** The alarms of one portal, on metrics of its own. */
import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { lagAlarmMinutesOf, type PortalConfig, tickSeconds } from '../config.ts';
import { type AlarmPlan, FAILURE_PERIOD_SECONDS, NONE } from './alarm-plan.ts';
import { portalMetric } from './portal-metrics.ts';

/**
 * Private apps on HubSpot's smallest plans have 250,000 requests a day (HubSpot's usage guidelines, 2026-11). A
 * tenth of that is what 60 streams, polled every minute, ask for in seven hours: time to act before midnight.
 * The poller itself stops sweeps and backfills below a tenth of the account's own allowance.
 */
const LOW_DAILY_REMAINING = 25_000;

const LONG_TICK_SECONDS = 300;

/** Lag first: it says whether the product does its work, the others say why not. */
export function planPortalAlarms(portal: PortalConfig, lagAlarmMinutes: number): AlarmPlan[] {
  return [
    planLag(portal, lagAlarmMinutes),
    planNotRunning(portal),
    planStreamsFailing(portal),
    planDailyAllowance(portal),
  ];
}

/** Why a portal's lag alarm rings later than `lagAlarmMinutes` says; undefined where it does not. */
export function explainRaisedLag(portal: PortalConfig, lagAlarmMinutes: number): string | undefined {
  const minutes = lagAlarmMinutesOf(portal, lagAlarmMinutes);
  if (minutes <= lagAlarmMinutes) return undefined;
  const { pollSeconds, idlePollSeconds } = portal;
  return `lagAlarmMinutes is ${lagAlarmMinutes}, but polls ${pollSeconds} s apart (idle streams ${idlePollSeconds} s) make up to ${minutes} minutes ordinary`;
}

function planLag(portal: PortalConfig, lagAlarmMinutes: number): AlarmPlan {
  const minutes = lagAlarmMinutesOf(portal, lagAlarmMinutes);
  const { name } = portal;
  const raised = explainRaisedLag(portal, lagAlarmMinutes);
  const why = raised === undefined ? '' : ` (${raised})`;
  return {
    name: `lag-${name}`,
    article: 'lag',
    // A period is one tick.
    metric: portalMetric('LagSeconds', name, { period: tickOf(portal), statistic: Stats.MAXIMUM }),
    threshold: minutes * 60,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    ...ticksThatRing(portal),
    // Each run says its lag, failed ones too: silence means that no run comes to its end.
    treatMissingData: TreatMissingData.BREACHING,
    alarmDescription: `Events of portal ${name} reach the bus over ${minutes} minutes late${why}, or the poller is silent. Nothing is lost while HubSpot keeps the events, but everything downstream waits.`,
  };
}

/**
 * RunSeconds is told by every run, whatever becomes of it. Lambda's Invocations would not do: there is one
 * function for all portals, and one that is silent hides behind the others.
 */
function planNotRunning(portal: PortalConfig): AlarmPlan {
  return {
    name: `not-running-${portal.name}`,
    article: 'not-running',
    metric: portalMetric('RunSeconds', portal.name, {
      period: tickOf(portal),
      statistic: Stats.SAMPLE_COUNT,
    }),
    threshold: 1,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    ...ticksThatRing(portal),
    treatMissingData: TreatMissingData.BREACHING,
    // A run that is not there tells no lag either, and to the lag alarm that is the same as a lag.
    isSilent: true,
    alarmDescription: `No run of portal ${portal.name} comes to its end: its schedule is off, or the function cannot start or is ended from outside. Its events wait at HubSpot.`,
  };
}

function planStreamsFailing(portal: PortalConfig): AlarmPlan {
  const period = Duration.seconds(Math.max(FAILURE_PERIOD_SECONDS, tickSeconds(portal)));
  return {
    name: `streams-failing-${portal.name}`,
    article: 'streams-failing',
    // The least of a period: in each of its runs a stream failed. A hiccup of HubSpot is over by the next run.
    metric: portalMetric('StreamsFailing', portal.name, { period, statistic: Stats.MINIMUM }),
    ...NONE,
    // A quarter of an hour: longer than HubSpot's deployments and gateway errors last (seconds to minutes).
    evaluationPeriods: 3,
    // The state is kept where nothing is told: a poller that is silent has mended no stream.
    treatMissingData: TreatMissingData.IGNORE,
    alarmDescription: `HubSpot refuses a stream of portal ${portal.name}, or its polls keep failing; the other streams go on. The log and \`npm run events -- status\` say which stream and why.`,
  };
}

function planDailyAllowance(portal: PortalConfig): AlarmPlan {
  return {
    name: `daily-allowance-${portal.name}`,
    article: 'daily-allowance',
    metric: portalMetric('HubSpotDailyRemaining', portal.name, {
      period: Duration.seconds(Math.max(FAILURE_PERIOD_SECONDS, tickSeconds(portal))),
      statistic: Stats.MINIMUM,
    }),
    threshold: LOW_DAILY_REMAINING,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    // Two, since answers around the reset at midnight may come out of order.
    evaluationPeriods: 2,
    // OAuth apps have no daily limit, and no header that tells of one.
    treatMissingData: TreatMissingData.NOT_BREACHING,
    alarmDescription: `Fewer than ${LOW_DAILY_REMAINING} of the day's HubSpot requests are left for all apps of portal ${portal.name}'s account. At 0 polling stands still until midnight in the account's time zone.`,
  };
}

/** A tick may be late by a minute, or lost: two of five short ones may be, and one of three long ones, since more would be hours. */
function ticksThatRing(portal: PortalConfig): Pick<AlarmPlan, 'evaluationPeriods' | 'datapointsToAlarm'> {
  return tickSeconds(portal) < LONG_TICK_SECONDS
    ? { evaluationPeriods: 5, datapointsToAlarm: 3 }
    : { evaluationPeriods: 3, datapointsToAlarm: 2 };
}

function tickOf(portal: PortalConfig): Duration {
  return Duration.seconds(tickSeconds(portal));
}
