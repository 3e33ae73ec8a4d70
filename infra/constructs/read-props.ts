/** The construct's props, checked when it runs: who writes JavaScript, or casts, has no compiler to do it. */
import { describeKey } from '../../functions/poller/input/mistakes.ts';
import { type Config, ConfigError, readConfig } from '../config.ts';
import type { HubSpotEventsProps } from './hubspot-events-props.ts';

/** The props that are no keys of the configuration. */
const OTHER_PROPS = {
  eventBus: true,
  tableKey: true,
  secrets: true,
  alarmTopic: true,
  vpc: true,
  vpcSubnets: true,
  securityGroups: true,
  schemaRegistry: true,
  manyPortals: true,
  bundle: true,
} as const satisfies Record<Exclude<keyof HubSpotEventsProps, keyof Config>, true>;

const PROPS = 'The props of HubSpotEvents';

/** The configuration in the props. @throws ConfigError with every mistake, such as a prop that is not there */
export function readProps(props: HubSpotEventsProps | undefined): Config {
  if (props === undefined) throw new ConfigError(['portals: must be set'], PROPS);
  const settings = Object.entries(props).filter(([name]) => !Object.hasOwn(OTHER_PROPS, name));
  const config = readConfig(Object.fromEntries(settings), PROPS);
  const strangers = Object.keys(props.secrets ?? {}).filter((name) => !Object.hasOwn(props.portals, name));
  const isMailLost = config.alarmEmail !== null && props.alarmTopic !== undefined;
  const mistakes = [
    ...(isMailLost ? ['alarmEmail: must be null where alarmTopic is given: subscribe to that topic'] : []),
    ...strangers.map((name) => `${describeKey(['secrets', name])}: must have the name of a portal`),
    ...(['schemaRegistry', 'manyPortals'] as const).flatMap((name) =>
      ['boolean', 'undefined'].includes(typeof props[name]) ? [] : [`${name}: must be true or false`],
    ),
  ];
  if (mistakes.length > 0) throw new ConfigError(mistakes, PROPS);
  return config;
}
