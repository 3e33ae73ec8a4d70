/** The schedules of the poller's group, as far as portals are added and removed at run time. */
import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  paginateListSchedules,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { ENVIRONMENT } from '../../functions/poller/contract.ts';
import { SCHEDULE_GROUP_NAME } from '../constructs/portal-schedules.ts';
import { CliFailure } from './failure.ts';

export interface PortalDesk {
  /** @throws CliFailure where the poller could not read the secret of a portal that is added */
  readonly assertOpen: () => Promise<void>;
  /** Whether a portal's schedule was made here, and not by the stack. */
  readonly isAdded: (portal: string) => Promise<boolean>;
  /** Makes a schedule that is like the group's others but for its request and rhythm. */
  readonly add: (portal: string, request: string, everyMinutes: number) => Promise<void>;
  readonly remove: (portal: string) => Promise<void>;
}

/** What tells a schedule that was added from those that CloudFormation looks after. */
const ADDED = 'Added at run time';

/** @param readVariables gives the poller's environment */
export function openPortalDesk(
  client: SchedulerClient,
  readVariables: () => Promise<Readonly<Record<string, string>>>,
): PortalDesk {
  const GroupName = SCHEDULE_GROUP_NAME;

  /** The function, the role and the queue are the same for every portal. */
  async function sibling() {
    for await (const { Schedules = [] } of paginateListSchedules({ client }, { GroupName })) {
      for (const { Name } of Schedules) {
        const { Target } = await client.send(new GetScheduleCommand({ GroupName, Name }));
        if (Target !== undefined) return Target;
      }
    }
    throw new CliFailure(
      `Schedule group ${GroupName} holds no schedule to go by.`,
      'Deploy the stack with at least one portal: npm run deploy.',
    );
  }

  return {
    assertOpen: async () => {
      if ((await readVariables())[ENVIRONMENT.portalRoleArn] !== undefined) return;
      throw new CliFailure(
        'The poller may read only the secret of the one portal it was deployed with.',
        'Deploy it for portals that are added at run time: npm run deploy -- -c manyPortals=true.',
      );
    },
    isAdded: async (Name) => {
      const { Description = '' } = await client.send(new GetScheduleCommand({ GroupName, Name }));
      return Description.startsWith(ADDED);
    },
    add: async (Name, Input, everyMinutes) => {
      const Target = { ...(await sibling()), Input };
      await client.send(
        new CreateScheduleCommand({
          GroupName,
          Name,
          Description: `${ADDED}: polls HubSpot portal ${Name}`,
          ScheduleExpression: everyMinutes === 1 ? 'rate(1 minute)' : `rate(${everyMinutes} minutes)`,
          // Thousands of ticks in one second would want as many processes: they come some time within the minute.
          FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 1 },
          Target,
        }),
      );
    },
    remove: async (Name) => {
      await client.send(new DeleteScheduleCommand({ GroupName, Name }));
    },
  };
}
