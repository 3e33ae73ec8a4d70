import { readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { bundleFunction } from '../../infra/build/bundle.ts';
import { type SynthesizeOptions, synthesize } from '../../infra/build/synth.ts';
import { MOST_PORTALS_OF_A_STACK, readConfig } from '../../infra/config.ts';
import { HubSpotEvents } from '../../infra/constructs/hubspot-events.ts';
import { QUOTAS, readDeployable } from './quotas.ts';
import { STAND_IN_ENTRY } from './synthesized.ts';

/** The longest name that a portal may have. */
const nameOf = (index: number) => `${index}`.padStart(32, 'p');

function portals(count: number, settings: (index: number) => object = () => ({})) {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [nameOf(index), settings(index)]));
}

/** So many portals with settings that, in the template, take about so many bytes together. */
function filled(count: number, bytes: number) {
  const types = Math.floor((bytes / count - 600) / 304);
  const eventTypes = Array.from({ length: types }, (_, index) => `pe${index}_`.padEnd(299, 'x'));
  return portals(count, () => ({ eventTypes }));
}

const OPTIONS = {
  archiveDays: 30,
  alarmEmail: 'ops@example.com',
  maxConcurrency: 20,
  putEventsMaxBytes: 262_144,
};
const FLAGS = { consumerExample: true, schemaRegistry: true };

function ofStack(config: object, flags: SynthesizeOptions['flags'] = FLAGS) {
  const { outdir } = synthesize({ config, flags, entry: STAND_IN_ENTRY });
  return readDeployable(readFileSync(`${outdir}/HubSpotEvents.template.json`, 'utf8'));
}

/** The construct with all that can be given to it, in an app of its own. */
function ofConstruct(count: number) {
  const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Mine', { env: { account: '123456789012', region: 'eu-west-1' } });
  const events = new HubSpotEvents(stack, 'HubSpot', {
    ...OPTIONS,
    portals: portals(count),
    metrics: 'portal',
    bundle: bundleFunction(STAND_IN_ENTRY),
    schemaRegistry: true,
    tableKey: new Key(stack, 'Key'),
    vpc: Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: ['a'],
      privateSubnetIds: ['subnet-1'],
    }),
    secrets: { [nameOf(0)]: Secret.fromSecretNameV2(stack, 'Secret', 'my/secret') },
  });
  events.onEvent('e_visited_page', new SqsQueue(new Queue(stack, 'Queue')));
  const { templateFullPath } = app.synth().getStackByName('Mine');
  return readDeployable(readFileSync(templateFullPath, 'utf8'));
}

const ARN = 'arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:hubspot/';
const withSecretArn = (index: number) => ({ secretArn: `${ARN}${nameOf(index)}-AbCdEf` });

describe.each([
  ...[1, 2, 24, 50, 51, 190, MOST_PORTALS_OF_A_STACK].map(
    (count) => [`${count} portals`, () => ofStack({ ...OPTIONS, portals: portals(count) })] as const,
  ),
  [
    'one portal, others added at run time',
    () => ofStack({ portals: portals(1) }, { ...FLAGS, manyPortals: true }),
  ],
  ['50 portals of long settings', () => ofStack({ ...OPTIONS, portals: filled(50, 400_000) })],
  ['200 portals of long settings', () => ofStack({ ...OPTIONS, portals: filled(200, 400_000) })],
  ['200 portals with secrets that exist', () => ofStack({ portals: portals(200, withSecretArn) })],
  ['the construct with 50 portals and all that it takes', () => ofConstruct(50)],
  ['the construct with 200 portals and all that it takes', () => ofConstruct(200)],
] as const)('a stack with %s', (_what, synthesized) => {
  const template = synthesized();

  test.each(QUOTAS)('has at most $most $what ($source)', ({ most, use }) => {
    expect(use(template)).toBeLessThanOrEqual(most);
  });
});

describe('1,000 portals', () => {
  test('are refused at synth, which says how to add them at run time', () => {
    expect(() => readConfig({ portals: portals(1000) })).toThrow(
      /portals: must be 200 at most in one stack .* found 1000; .* add the others at run time/,
    );
  });
});

test('the quotas are looked for where they are used: none is 0 over all that can be asked for', () => {
  const all = ofStack({ ...OPTIONS, portals: portals(200, withSecretArn) });
  const few = ofStack({ ...OPTIONS, portals: portals(2) });
  const unused = QUOTAS.filter(({ use }) => use(all) + use(few) === 0).map(({ what }) => what);
  expect(unused).toEqual([]);
});
