/**
 * EventBridge's rules on this machine: what landed on a bus goes to the targets of every rule that matches.
 *
 *   event ─▶ rules of its bus ─▶ pattern matches ─▶ SQS, CloudWatch Logs: at once
 *                                                 └▶ Lambda: asynchronously, two more tries where it fails
 */

import type { InvocationResult } from '../lambda/execution-environment.ts';
import { compileEventPattern } from './pattern/event-pattern.ts';

export type TargetKind = 'lambda' | 'sqs' | 'logs';

export interface LocalTarget {
  readonly kind: TargetKind;
  /** The function's, queue's or log group's name here. */
  readonly name: string;
}

export interface LocalRule {
  /** The rule's logical id. */
  readonly id: string;
  readonly busName: string;
  readonly pattern: unknown;
  readonly targets: readonly LocalTarget[];
}

/** An event that reached a target. */
export interface Delivery {
  readonly rule: string;
  readonly target: LocalTarget;
  readonly envelope: object;
  /** What the function gave, where the target is one; it came to its end, well or not. */
  readonly result: InvocationResult | undefined;
}

export interface Targets {
  readonly invoke: (functionName: string, payload: string) => Promise<InvocationResult>;
  readonly sendMessage: (queueName: string, body: string) => void;
}

export interface Rules {
  readonly dispatch: (busName: string, envelope: object) => void;
  /** The last deliveries, oldest first. */
  readonly deliveries: () => readonly Delivery[];
  /** Resolves when every function that was invoked has come to its end. */
  readonly settled: () => Promise<void>;
}

/** Lambda's own tries of an asynchronous invocation (Lambda developer guide, 2026-11); here without the waits. */
const INVOCATIONS = 3;
const KEPT_DELIVERIES = 10_000;

/** @throws InvalidEventPattern where EventBridge would refuse the pattern of a rule */
export function createRules(rules: readonly LocalRule[], { invoke, sendMessage }: Targets): Rules {
  const compiled = rules.map((rule) => ({ ...rule, pattern: compileEventPattern(rule.pattern) }));
  const deliveries: Delivery[] = [];
  const underWay = new Set<Promise<void>>();

  function note(delivery: Delivery): void {
    deliveries.push(delivery);
    if (deliveries.length > KEPT_DELIVERIES) deliveries.shift();
  }

  async function invokeTarget(rule: string, target: LocalTarget, envelope: object): Promise<void> {
    let result = await invoke(target.name, JSON.stringify(envelope));
    for (let tries = 1; !result.ok && tries < INVOCATIONS; tries += 1) {
      result = await invoke(target.name, JSON.stringify(envelope));
    }
    note({ rule, target, envelope, result });
  }

  function deliver(rule: string, target: LocalTarget, envelope: object): void {
    if (target.kind === 'lambda') {
      const invocation = invokeTarget(rule, target, envelope).finally(() => underWay.delete(invocation));
      underWay.add(invocation);
      return;
    }
    if (target.kind === 'sqs') sendMessage(target.name, JSON.stringify(envelope));
    note({ rule, target, envelope, result: undefined });
  }

  return {
    dispatch: (busName, envelope) => {
      for (const { id, pattern, targets, ...rule } of compiled) {
        if (rule.busName !== busName || !pattern.matches(envelope)) continue;
        for (const target of targets) deliver(id, target, envelope);
      }
    },
    deliveries: () => deliveries,
    settled: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
