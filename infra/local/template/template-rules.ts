/** The rules of a template whose targets exist here too: functions, queues and log groups. */
import { z } from 'zod';
import type { LocalRule, LocalTarget } from '../aws/rules.ts';

const ruleSchema = z.object({
  EventBusName: z.string().default('default'),
  EventPattern: z.unknown(),
  State: z.string().default('ENABLED'),
  Targets: z.array(z.object({ Arn: z.string() })).default([]),
});

/** A rule in the properties of an `AWS::Events::Rule`; undefined where it is off. @throws for other targets */
export function readRule(id: string, properties: unknown): LocalRule | undefined {
  const { EventBusName, EventPattern, State, Targets } = ruleSchema.parse(properties);
  if (State !== 'ENABLED') return undefined;
  return {
    id,
    busName: EventBusName.replace(/^arn:.*:event-bus\//, ''),
    pattern: EventPattern,
    targets: Targets.map(({ Arn }) => readTarget(id, Arn)),
  };
}

function readTarget(rule: string, arn: string): LocalTarget {
  const [, , service, , , ...rest] = arn.split(':');
  const name = rest.at(rest[0] === 'log-group' || rest[0] === 'function' ? 1 : 0);
  if (name !== undefined && (service === 'lambda' || service === 'sqs' || service === 'logs')) {
    return { kind: service, name };
  }
  throw new Error(`Reading rule ${rule}: its targets must be functions, queues or log groups; found ${arn}`);
}
