/** AWS's list prices in US dollars, us-east-1, 2026-11, and what a portal's polling costs by them. */
import { z } from 'zod';
import { FLEET_METRICS, METRICS } from '../../../functions/poller/contract.ts';

export const PRICES = {
  event: 1 / 1e6,
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  /** arm64. */
  gigabyteSecond: 0.0000133334,
  invocation: 0.2 / 1e6,
  schedulerInvocation: 1 / 1e6,
  logGigabyte: 0.5,
  tableGigabyteMonth: 0.25 + 0.2,
  secretMonth: 0.4,
  secretCall: 0.05 / 1e4,
  metricMonth: 0.3,
  alarmMonth: 0.1,
  compositeAlarmMonth: 0.5,
  dashboardMonth: 3,
} as const;

/** vCPUs that Lambda gives for each MB: one whole at 1,769 (Lambda developer guide, 2026-11). */
export const MB_PER_VCPU = 1_769;

/** What one portal used in a month. */
export interface Usage {
  readonly events: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly runs: number;
  /** How long they took, as Lambda counts it. */
  readonly runSeconds: number;
  readonly logBytes: number;
  readonly tableBytes: number;
  /** How often a process read the portal's secret. */
  readonly secretReads: number;
}

/** A month as the README's prices have it. */
export const HOURS_A_MONTH = 730;

/** What Lambda itself writes of a run, and the 26 bytes that CloudWatch counts for each of its five lines. */
export const LAMBDA_LOG_BYTES = 450;

/**
 * How often a month's runs of one portal read its secret: each of the processes that meet the portal keeps it for so
 * long, and no run reads it more than once.
 */
export function secretReadsOf(runs: number, processes: number, cacheSeconds: number): number {
  return Math.min(runs, processes * ((HOURS_A_MONTH * 3_600) / cacheSeconds));
}

export interface Bill {
  readonly eventBridge: number;
  readonly dynamoDb: number;
  readonly lambda: number;
  /** Scheduler, logs and the secret's reading. */
  readonly others: number;
  readonly total: number;
}

/** How many times as long as on a whole vCPU what a function of this size computes takes. */
export function slownessOf(memoryMb: number): number {
  return Math.max(1, MB_PER_VCPU / memoryMb);
}

/** What the usage costs, apart from what is paid whatever happens. */
export function billOf(usage: Usage, memoryMb: number): Bill {
  const { events, writeUnits, readUnits, runs, runSeconds, logBytes, tableBytes, secretReads } = usage;
  const gigabyteSeconds = (runSeconds * memoryMb) / 1_024;
  const eventBridge = events * PRICES.event;
  const dynamoDb =
    writeUnits * PRICES.writeUnit +
    readUnits * PRICES.readUnit +
    (tableBytes / 1e9) * PRICES.tableGigabyteMonth;
  const lambda = gigabyteSeconds * PRICES.gigabyteSecond + runs * PRICES.invocation;
  const others =
    runs * PRICES.schedulerInvocation +
    (logBytes / 1e9) * PRICES.logGigabyte +
    secretReads * PRICES.secretCall;
  return { eventBridge, dynamoDb, lambda, others, total: eventBridge + dynamoDb + lambda + others };
}

const templateSchema = z.object({ Resources: z.record(z.string(), z.object({ Type: z.string() })) });

/** What a month of one portal costs before any event: its metrics, its secret, and the stack's alarms. */
export function fixedMonth(template: unknown): number {
  return Object.keys(METRICS).length * PRICES.metricMonth + PRICES.secretMonth + alarmsMonth(template);
}

/** What all portals of a fleet share: the roll call's metrics, the alarms, the dashboard. */
export function sharedMonth(template: unknown): number {
  const dashboards = countOf(template, 'AWS::CloudWatch::Dashboard') * PRICES.dashboardMonth;
  return Object.keys(FLEET_METRICS).length * PRICES.metricMonth + alarmsMonth(template) + dashboards;
}

function alarmsMonth(template: unknown): number {
  const alarms = countOf(template, 'AWS::CloudWatch::Alarm') * PRICES.alarmMonth;
  return alarms + countOf(template, 'AWS::CloudWatch::CompositeAlarm') * PRICES.compositeAlarmMonth;
}

function countOf(template: unknown, type: string): number {
  return Object.values(templateSchema.parse(template).Resources).filter(({ Type }) => Type === type).length;
}
