/** The same synthesis as `cdk synth`, in this process: for what runs the stack's parts elsewhere. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { z } from 'zod';
import { bundlePoller } from './bundle.ts';
import { readConfig } from './config.ts';
import { POLLER_HANDLER } from './poller-function.ts';
import { HubSpotEventsStack, STACK_NAME } from './stack.ts';

export interface SynthesizeOptions {
  /** The configuration, an object or JSON text; that of cdk.json where not given. */
  readonly config?: unknown;
  /** Where the cloud assembly is written; where not given, a temporary folder that this process removes at its end. */
  readonly outdir?: string;
  /** The source to bundle in place of the poller's own handler. */
  readonly entry?: string;
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
  new HubSpotEventsStack(app, { config, bundle: bundlePoller(options.entry) });
  const assembly = app.synth();
  const { template } = assembly.getStackByName(STACK_NAME);
  const assetDirectory = join(assembly.directory, readAssetPath(assembly.directory));
  return { template, assetDirectory, handler: POLLER_HANDLER, outdir: assembly.directory };
}

/** The context of cdk.json: the feature flags and the configuration, as the CDK's command line takes them. */
function readCdkJson(): z.output<typeof cdkJsonSchema> {
  return cdkJsonSchema.parse(JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8')));
}

const assetManifestSchema = z.object({
  files: z.record(z.string(), z.object({ source: z.object({ path: z.string(), packaging: z.string() }) })),
});

/** The stack's one folder of code, relative to the cloud assembly. */
function readAssetPath(directory: string): string {
  const text = readFileSync(join(directory, `${STACK_NAME}.assets.json`), 'utf8');
  const { files } = assetManifestSchema.parse(JSON.parse(text));
  const folder = Object.values(files).find(({ source }) => source.packaging === 'zip');
  if (folder === undefined)
    throw new Error('Finding the bundle: the cloud assembly must hold one, found none');
  return folder.source.path;
}
