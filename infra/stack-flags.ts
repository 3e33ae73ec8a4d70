/** What can be asked for besides the configuration, with `-c <name>=true`. */
import { describeFound } from '../functions/poller/input/mistakes.ts';
import { bundleFunction, CONSUMER_ENTRY } from './build/bundle.ts';
import { ConfigError } from './config.ts';
import type { HubSpotEventsStackProps } from './stack.ts';

const FLAGS = ['consumerExample', 'schemaRegistry', 'manyPortals'] as const;
export type StackFlag = (typeof FLAGS)[number];

/**
 * The stack's props that the flags stand for.
 * @param read gives a flag as the context has it: true, false, their names, or nothing
 * @throws ConfigError with every flag that is anything else
 */
export function readFlags(
  read: (name: StackFlag) => unknown,
): Pick<HubSpotEventsStackProps, 'consumerExample' | 'schemaRegistry' | 'manyPortals'> {
  const values = new Map(FLAGS.map((name) => [name, read(name) ?? false]));
  const mistakes = [...values].flatMap(([name, value]) =>
    ['true', 'false'].includes(String(value))
      ? []
      : [`${name}: must be true or false; found ${describeFound([name], value)}`],
  );
  if (mistakes.length > 0) throw new ConfigError(mistakes, 'What cdk is told with -c');
  const isAsked = (name: StackFlag) => String(values.get(name)) === 'true';
  return {
    ...(isAsked('consumerExample') ? { consumerExample: bundleFunction(CONSUMER_ENTRY) } : {}),
    ...(isAsked('schemaRegistry') ? { schemaRegistry: true } : {}),
    ...(isAsked('manyPortals') ? { manyPortals: true } : {}),
  };
}
