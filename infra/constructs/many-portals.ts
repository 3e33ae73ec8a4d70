/**
 * What is different where portals are many. Few: four alarms and metrics for each, ticks on the minute. Many: a roll
 * call, whose five metrics and four alarms are of all portals together, those too that are added at run time, of which
 * CloudFormation does not know; ticks spread over a minute, since 500 in one second would start as many processes.
 */
import { Duration } from 'aws-cdk-lib';
import type { Config } from '../config.ts';

/** With four alarms, a secret and a schedule each, so many leave room in a stack for as much again. */
const MOST_WITH_OWN_ALARMS = 50;

/** The shortest flexible window of Scheduler: a tick comes some time within it. */
export const SPREAD = Duration.minutes(1);

/** Whether the portals are treated as many: as asked for, or by their number. */
export function isOverMany(config: Config, isAskedFor: boolean | undefined): boolean {
  return isAskedFor ?? config.portals.length > MOST_WITH_OWN_ALARMS;
}

/** What has metrics of its own, each portal or all together: as asked for, or by how the portals are treated. */
export function metricsOf({ metrics }: Config, isMany: boolean): 'portal' | 'fleet' {
  return metrics ?? (isMany ? 'fleet' : 'portal');
}

/** Whether a roll call looks after the portals: where they are many, or have no metrics that alarms could be on. */
export function isFleetOf(config: Config, isMany: boolean): boolean {
  return isMany || metricsOf(config, isMany) === 'fleet';
}
