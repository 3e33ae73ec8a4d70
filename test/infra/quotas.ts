/** What AWS takes of a stack, each quota with its source, and how much of it a template uses. */
import { z } from 'zod';

/** A template as it is deployed: its text, and the same parsed, with every reference in it a text. */
export interface Deployable {
  readonly text: string;
  readonly outputs: number;
  readonly resources: readonly { readonly type: string; readonly properties: Properties }[];
}

type Properties = Readonly<Record<string, unknown>>;

export interface Quota {
  readonly what: string;
  readonly most: number;
  readonly source: string;
  /** The most that any part of the template uses. */
  readonly use: (template: Deployable) => number;
}

const templateSchema = z.object({
  Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.unknown().optional() })),
  Outputs: z.record(z.string(), z.unknown()).default({}),
});
const propertiesSchema = z.record(z.string(), z.unknown()).default({});

export function readDeployable(text: string): Deployable {
  const { Resources, Outputs } = templateSchema.parse(JSON.parse(text));
  const resources = Object.values(Resources).map(({ Type, Properties }) => ({
    type: Type,
    properties: propertiesSchema.parse(resolve(Properties)),
  }));
  return { text, outputs: Object.keys(Outputs).length, resources };
}

/** As long as an ARN with the longest names of this stack; an account, a Region or a partition is short. */
function referenced(to: unknown): string {
  const name = [to].flat().join('.');
  return name.startsWith('AWS::') ? 'us-gov-west-1' : name.padEnd(140, 'r');
}

const joinSchema = z.object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) });

function resolve(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolve);
  if (typeof value !== 'object' || value === null) return value;
  const join = joinSchema.safeParse(value).data?.['Fn::Join'];
  if (join !== undefined) return join[1].map((part) => String(resolve(part))).join(join[0]);
  const [[key, to] = ['', undefined]] = Object.entries(value);
  if (key === 'Ref' || key.startsWith('Fn::')) return referenced(to);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolve(each)]));
}

const most = (numbers: readonly number[]) => Math.max(0, ...numbers);
const lengthOf = (value: unknown) => JSON.stringify(value)?.length ?? 0;

function propertiesOf({ resources }: Deployable, type: string): Properties[] {
  return resources.filter((resource) => resource.type === type).map(({ properties }) => properties);
}

/** The longest text of one property over all resources of a type. */
function longest(template: Deployable, type: string, property: string): number {
  return most(propertiesOf(template, type).map((each) => Buffer.byteLength(String(each[property] ?? ''))));
}

const bodySchema = z.object({
  widgets: z.array(
    z.object({
      type: z.string(),
      properties: z.object({
        alarms: z.array(z.unknown()).default([]),
        metrics: z.array(z.unknown()).default([]),
      }),
    }),
  ),
});

function widgetsOf(template: Deployable) {
  return propertiesOf(template, 'AWS::CloudWatch::Dashboard').flatMap(
    ({ DashboardBody }) => bodySchema.parse(JSON.parse(String(DashboardBody))).widgets,
  );
}

const rulesOf = (template: Deployable) =>
  propertiesOf(template, 'AWS::CloudWatch::CompositeAlarm').map(({ AlarmRule }) => String(AlarmRule));

const targetSchema = z.object({ Input: z.string() });
const environmentSchema = z.object({ Variables: z.record(z.string(), z.string()) });

/** Characters of the policies within each role. The library moves what is over a role's quota into managed ones. */
function inlinePolicies(template: Deployable): number[] {
  const byRole = new Map<string, number>();
  for (const { Roles, PolicyDocument } of propertiesOf(template, 'AWS::IAM::Policy')) {
    const role = JSON.stringify(Roles);
    byRole.set(role, (byRole.get(role) ?? 0) + lengthOf(PolicyDocument));
  }
  return [...byRole.values()];
}

const CLOUDFORMATION = 'CloudFormation quotas, 2026-11';
const CLOUDWATCH = 'CloudWatch service quotas, 2026-11';
const IAM = 'IAM and STS quotas, 2026-11';

export const QUOTAS: readonly Quota[] = [
  { what: 'resources', most: 500, source: CLOUDFORMATION, use: ({ resources }) => resources.length },
  { what: 'outputs', most: 200, source: CLOUDFORMATION, use: ({ outputs }) => outputs },
  {
    what: 'bytes of the template',
    // "1 MB", read as the smaller of the two that it may be.
    most: 1_000_000,
    source: CLOUDFORMATION,
    use: ({ text }) => Buffer.byteLength(text),
  },
  {
    what: 'alarms of a widget',
    most: 100,
    source: 'CloudWatch API reference, Dashboard Body Structure, alarm widget, 2026-11',
    use: (template) => most(widgetsOf(template).map(({ properties }) => properties.alarms.length)),
  },
  {
    what: 'widgets of a dashboard',
    most: 500,
    source: CLOUDWATCH,
    use: (template) => widgetsOf(template).length,
  },
  {
    what: 'metrics of a widget',
    most: 500,
    source: CLOUDWATCH,
    use: (template) => most(widgetsOf(template).map(({ properties }) => properties.metrics.length)),
  },
  {
    what: 'metrics of a dashboard',
    most: 2500,
    source: CLOUDWATCH,
    use: (template) => widgetsOf(template).reduce((sum, each) => sum + each.properties.metrics.length, 0),
  },
  {
    what: 'bytes of a dashboard',
    most: 500_000,
    source: 'no quota is documented (PutDashboard, 2026-11): half of the template, which holds it',
    use: (template) => longest(template, 'AWS::CloudWatch::Dashboard', 'DashboardBody'),
  },
  {
    what: "characters of a composite alarm's rule",
    most: 10_240,
    source: 'CloudWatch API reference, PutCompositeAlarm, 2026-11',
    use: (template) => most(rulesOf(template).map((rule) => rule.length)),
  },
  {
    what: 'children of a composite alarm',
    most: 100,
    source: 'CloudWatch API reference, PutCompositeAlarm, 2026-11',
    use: (template) => most(rulesOf(template).map((rule) => rule.match(/ALARM\(/g)?.length ?? 0)),
  },
  {
    what: "characters of an alarm's description",
    most: 1024,
    source: 'CloudWatch API reference, PutMetricAlarm, 2026-11',
    use: (template) => longest(template, 'AWS::CloudWatch::Alarm', 'AlarmDescription'),
  },
  {
    what: "bytes of a schedule's input",
    most: 262_144,
    source: 'Lambda quotas: an asynchronous request took 256 KB everywhere before it took 1 MB (2025-10)',
    use: (template) =>
      most(
        propertiesOf(template, 'AWS::Scheduler::Schedule').map(({ Target }) =>
          Buffer.byteLength(targetSchema.parse(Target).Input),
        ),
      ),
  },
  {
    what: "bytes of a function's environment",
    most: 4096,
    source: 'Lambda quotas, 2026-11',
    use: (template) =>
      most(
        propertiesOf(template, 'AWS::Lambda::Function').map(({ Environment }) =>
          lengthOf(environmentSchema.safeParse(Environment).data?.Variables),
        ),
      ),
  },
  {
    what: "characters of a role's inline policies",
    most: 10_240,
    source: IAM,
    use: (template) => most(inlinePolicies(template)),
  },
  {
    what: 'characters of a managed policy',
    most: 6144,
    source: IAM,
    use: (template) =>
      most(
        propertiesOf(template, 'AWS::IAM::ManagedPolicy').map(({ PolicyDocument }) =>
          lengthOf(PolicyDocument),
        ),
      ),
  },
  {
    what: 'managed policies of a role',
    most: 10,
    source: IAM,
    use: (template) => propertiesOf(template, 'AWS::IAM::ManagedPolicy').length,
  },
];
