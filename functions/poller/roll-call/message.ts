/** What people read of a roll call: the message of what is new. */
import type { FleetReport, Telling } from '../ports.ts';
import type { PortalJudgement } from './judge.ts';

/** How many portals a message or a log line names. */
export const NAMED_PORTALS = 50;

export interface Message {
  /** At most 100 characters of ASCII: SNS takes no more. */
  readonly subject: string;
  readonly text: string;
}

/** The message of the troubles that are due, each with its portal; and how many stand in all. */
export function writeMessage(
  due: readonly Telling[],
  judged: readonly PortalJudgement[],
  report: FleetReport,
): Message {
  const portals = new Set(due.map(({ portal }) => portal));
  const judgements = new Map(judged.map((judgement) => [judgement.portal, judgement]));
  const lines = due.slice(0, NAMED_PORTALS).map(({ portal, kind }) => {
    const trouble = judgements.get(portal)?.troubles.find((each) => each.kind === kind);
    return `- ${portal}: ${kind}: ${trouble?.detail ?? ''}`;
  });
  const more =
    due.length > NAMED_PORTALS ? [`- and ${due.length - NAMED_PORTALS} more; the log names them`] : [];
  const { portalsPolled, portalsSilent, portalsBehind, portalsFailing } = report;
  const subject =
    portals.size === 1
      ? `HubSpotEvents: portal ${[...portals].join()} is in trouble`
      : `HubSpotEvents: ${portals.size} more portals are in trouble`;
  return {
    subject,
    text: [
      'New since the last roll call:',
      ...lines,
      ...more,
      '',
      `In all: ${portalsPolled} polled, ${portalsSilent} silent, ${portalsBehind} behind, ${portalsFailing} failing.`,
      'What to do: RUNBOOK.md#a-portal-in-trouble',
    ].join('\n'),
  };
}
