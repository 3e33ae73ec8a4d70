/** The same synthesis as `cdk synth`, in this process: for what runs the stack's parts elsewhere. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { z } from 'zod';
import { readConfig } from '../config.ts';
import { POLLER_HANDLER } from '../constructs/poller-function.ts';
import { STACK_NAME } from '../names.ts';
import { HubSpotEventsStack } from '../stack.ts';
import { readFlags, type StackFlag } from '../stack-flags.ts';
import { bundleFunction } from './bundle.ts';

export interface SynthesizeOptions {
  /** The configuration, an object or JSON text; that of cdk.json where not given. */
  readonly config?: unknown;
  /** Where the cloud assembly is written; where not given, a temporary folder that this process removes at its end. */
  readonly outdir?: string;
  /** The source to bundle in place of the poller's own handler. */
  readonly entry?: string;
  /** What else is asked for, as `-c <name>=true` does. */
  readonly flags?: Partial<Record<StackFlag, boolean>>;
}

export interface Synthesized {
  /** The CloudFormation template. */
  readonly template: unknown;
  /** The folder with the poller's bundle, as Lambda unpacks it. */
  readonly assetDirectory: string;
  /** Lambda's name of the function in the bundle: `index.handler`, that is `handler` of index.mjs. */
  readonly handler: string;
  /** The folder with the cloud assembly. */
  readonly outdir: string;
}

const cdkJsonSchema = z.object({ context: z.object({ hubspotEvents: z.unknown() }).loose() });

/**
 * The synthesized stack and its bundle.
 * @throws ConfigError with every mistake of the configuration.
 */
export function synthesize(options: SynthesizeOptions = {}): Synthesized {
  const { context } = readCdkJson();
  const config = readConfig(options.config ?? context.hubspotEvents);
  const app = new App({
    context,
    analyticsReporting: false,
    // `cdk synth` checks the template; here it would take most of the time.
    builtinCloudFormationValidation: false,
    ...(options.outdir === undefined ? {} : { outdir: options.outdir }),
  });
  const flags = readFlags((name) => options.flags?.[name]);
  new HubSpotEventsStack(app, { config, bundle: bundleFunction(options.entry), ...flags });
  const assembly = app.synth();
  const { template } = assembly.getStackByName(STACK_NAME);
  const assetDirectory = join(assembly.directory, readPollerAsset(template));
  return { template, assetDirectory, handler: POLLER_HANDLER, outdir: assembly.directory };
}

/** The context of cdk.json: the feature flags and the configuration, as the CDK's command line takes them. */
function readCdkJson(): z.output<typeof cdkJsonSchema> {
  return cdkJsonSchema.parse(JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')));
}

const referenceSchema = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) });
const scheduleSchema = z.object({
  Type: z.literal('AWS::Scheduler::Schedule'),
  Properties: z.object({ Target: z.object({ Arn: referenceSchema }) }),
});
const functionSchema = z.object({ Properties: z.object({ Code: z.object({ S3Key: z.string() }) }) });
const templateSchema = z.object({ Resources: z.record(z.string(), z.unknown()) });

/** The folder of the function that the schedules invoke, relative to the cloud assembly. */
export function readPollerAsset(template: unknown): string {
  const { Resources: resources } = templateSchema.parse(template);
  const schedules = Object.values(resources).flatMap((each) => scheduleSchema.safeParse(each).data ?? []);
  const [id = ''] = schedules[0]?.Properties.Target.Arn['Fn::GetAtt'] ?? [];
  const { Code } = functionSchema.parse(resources[id]).Properties;
  return `asset.${Code.S3Key.replace(/\.zip$/, '')}`;
}
