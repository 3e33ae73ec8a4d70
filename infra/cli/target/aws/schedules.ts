/** The schedules of the poller's group: each is a portal; some were added at run time. */
import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  type GetScheduleCommandOutput,
  paginateListSchedules,
  type SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import pLimit from 'p-limit';
import { errorName } from '../../../../functions/poller/adapters/retry.ts';
import { ENVIRONMENT } from '../../../../functions/poller/contract.ts';
import { requestSchema } from '../../../../functions/poller/input/request.ts';
import { SCHEDULE_GROUP_NAME } from '../../../names.ts';
import { CliFailure } from '../../failure.ts';
import { parseLine } from '../run-line.ts';
import type { Schedules, TargetPortal } from '../target.ts';

/** What tells a schedule that was added from those that CloudFormation looks after. */
const ADDED = 'Added at run time';
const GroupName = SCHEDULE_GROUP_NAME;
const CALLS_AT_ONCE = 10;

/** Where the environment has it, a roll call counts the portals there are, and tells people of each that is not well. */
const ALARM_TOPIC = 'ALARM_TOPIC_ARN';

const LATER =
  'Add it to cdk.json and npm run deploy, or deploy for portals at run time: npm run deploy -- -c manyPortals=true';

/** @param readVariables gives the poller's environment */
export function openSchedules(
  client: SchedulerClient,
  readVariables: () => Promise<Readonly<Record<string, string>>>,
): Schedules {
  /** The function, the role and the queue are the same for every portal. */
  async function sibling() {
    for await (const { Schedules: [first] = [] } of paginateListSchedules({ client }, { GroupName })) {
      if (first === undefined) continue;
      const { Target } = await client.send(new GetScheduleCommand({ GroupName, Name: first.Name }));
      if (Target !== undefined) return Target;
    }
    throw new CliFailure(
      `Schedule group ${GroupName} holds no schedule to go by.`,
      'Deploy the stack with at least one portal: npm run deploy',
    );
  }

  return {
    assertOpen: async () => {
      const variables = await readVariables();
      if (variables[ENVIRONMENT.portalRoleArn] === undefined)
        throw new CliFailure(
          'The poller may read only the secrets of the portals it was deployed with.',
          LATER,
        );
      if (variables[ALARM_TOPIC] === undefined)
        throw new CliFailure(
          'The alarms are those of the portals it was deployed with: nobody would hear when another stops.',
          LATER,
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
    setEnabled: async (Name, isEnabled) => {
      const found = await client.send(new GetScheduleCommand({ GroupName, Name }));
      // An update replaces the whole: what it does not name goes back to its default.
      const {
        Arn: _arn,
        CreationDate: _made,
        LastModificationDate: _changed,
        $metadata: _meta,
        ...kept
      } = found;
      const { FlexibleTimeWindow, ScheduleExpression, Target } = kept;
      const State = isEnabled ? 'ENABLED' : 'DISABLED';
      await client.send(
        new UpdateScheduleCommand({ ...kept, Name, FlexibleTimeWindow, ScheduleExpression, Target, State }),
      );
    },
  };
}

/** Every portal of the group, by name. */
export async function readPortals(client: SchedulerClient): Promise<TargetPortal[]> {
  const names: string[] = [];
  for await (const { Schedules: found = [] } of paginateListSchedules({ client }, { GroupName }))
    names.push(...found.flatMap(({ Name }) => Name ?? []));
  const limit = pLimit(CALLS_AT_ONCE);
  const portals = await Promise.all(names.sort().map((name) => limit(() => readPortal(client, name))));
  return portals.flatMap((portal) => portal ?? []);
}

/** Undefined where there is none of this name, or the schedule is another's. */
export async function readPortal(client: SchedulerClient, Name: string): Promise<TargetPortal | undefined> {
  try {
    return toPortal(await client.send(new GetScheduleCommand({ GroupName, Name })));
  } catch (error) {
    // A name that no schedule may have is one that none has.
    if (['ResourceNotFoundException', 'ValidationException'].includes(errorName(error))) return undefined;
    throw error;
  }
}

function toPortal({
  State,
  Target,
  LastModificationDate,
}: GetScheduleCommandOutput): TargetPortal | undefined {
  const input = Target?.Input ?? '';
  const { data: request } = requestSchema.safeParse(parseLine(input));
  if (request === undefined) return undefined;
  return {
    name: request.portal,
    input,
    request,
    isEnabled: State === 'ENABLED',
    tickSeconds: Math.max(60, request.pollSeconds),
    changedAt: LastModificationDate?.getTime(),
  };
}
