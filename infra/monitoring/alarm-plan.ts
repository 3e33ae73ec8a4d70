/** An alarm before it is made: what portal-alarms.ts, fleet-alarms.ts and run-alarms.ts plan, and alarms.ts makes. */
import { type AlarmProps, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';

export interface AlarmPlan extends AlarmProps {
  /** Its name behind `HubSpotEvents-`. */
  readonly name: string;
  /** Its article in RUNBOOK.md. */
  readonly article: string;
  readonly alarmDescription: string;
  /** Another alarm rings whenever this one does, and tells: this one explains, and says nothing by itself. */
  readonly isSilent?: boolean;
}

/** Where an alarm's article is: in the repository, and for whoever installed the package. */
export function runbookOf(article: string): string {
  return `Runbook: infra/RUNBOOK.md#${article} (npx hubspot-events runbook ${article})`;
}

/** What a rare failure is looked at in: short enough to tell within a quarter of an hour. */
export const FAILURE_PERIOD_SECONDS = 300;

/** Rings above zero; missing data counts as zero. */
export const NONE = {
  threshold: 0,
  comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
  treatMissingData: TreatMissingData.NOT_BREACHING,
} as const;
