/** The stack's consumers on this machine: the functions that its rules send events to, and the rules at work. */
import { join } from 'node:path';
import type { InvocationResult } from '../lambda/execution-environment.ts';
import { createLambdaFunction, type LambdaFunction } from '../lambda/function.ts';
import type { Opened } from '../opened.ts';
import type { LocalTemplate } from '../template/template.ts';
import type { BusEvent, EventBridge } from './event-bus.ts';
import type { Queues } from './queues.ts';
import { createRules, type Rules } from './rules.ts';

export interface ConsumersOptions {
  readonly region: string;
  readonly account: string;
  /** The folder of the cloud assembly, with each function's code. */
  readonly assembly: string;
  /** Where the functions find AWS. */
  readonly variables: Readonly<Record<string, string>>;
  readonly bus: EventBridge;
  readonly queues: Queues;
  readonly envelopeOf: (event: BusEvent) => object;
}

/** Sends every event that lands on a bus to the targets of its rules, from now on. */
export function startConsumers(parts: LocalTemplate, options: ConsumersOptions, opened: Opened): Rules {
  const { region, account, assembly, variables, bus, queues, envelopeOf } = options;
  const functions = new Map<string, LambdaFunction>();
  for (const { asset, ...consumer } of parts.consumers) {
    const environment = { ...consumer.environment, ...variables };
    const codeDirectory = join(assembly, asset);
    const made = createLambdaFunction({ ...consumer, codeDirectory, region, account, environment });
    opened.add(made.close);
    functions.set(consumer.name, made);
  }

  function invoke(name: string, payload: string): Promise<InvocationResult> {
    const found = functions.get(name);
    if (found !== undefined) return found.invoke(payload);
    throw new Error(`Delivering an event: function ${name} must be one of the template's`);
  }

  const rules = createRules(parts.rules, { invoke, sendMessage: queues.send });
  if (parts.rules.length > 0) bus.onEvent((event) => rules.dispatch(event.busName, envelopeOf(event)));
  return rules;
}
