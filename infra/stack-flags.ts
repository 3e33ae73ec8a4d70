/** What can be asked for besides the configuration, with `-c <name>=true`. */
import { bundlePoller, CONSUMER_ENTRY } from './build/bundle.ts';
import type { HubSpotEventsStackProps } from './stack.ts';

const FLAGS = ['consumerExample', 'schemaRegistry', 'manyPortals'] as const;
export type StackFlag = (typeof FLAGS)[number];

/**
 * The stack's props that the flags stand for.
 * @param read gives a flag as the context has it: true, false, their names, or nothing
 * @throws where a flag is anything else
 */
export function readFlags(
  read: (name: StackFlag) => unknown,
): Pick<HubSpotEventsStackProps, 'consumerExample' | 'schemaRegistry' | 'manyPortals'> {
  const isAsked = (name: StackFlag): boolean => {
    const value = read(name) ?? false;
    if (value !== true && value !== 'true' && value !== false && value !== 'false') {
      throw new Error(`Reading -c ${name}: it must be true or false; found ${JSON.stringify(value)}`);
    }
    return String(value) === 'true';
  };
  return {
    ...(isAsked('consumerExample') ? { consumerExample: bundlePoller(CONSUMER_ENTRY) } : {}),
    ...(isAsked('schemaRegistry') ? { schemaRegistry: true } : {}),
    ...(isAsked('manyPortals') ? { manyPortals: true } : {}),
  };
}
