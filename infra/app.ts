/** What `cdk synth` and `cdk deploy` run: the stack of the configuration, checked by cdk-nag. */
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { bundleFunction } from './build/bundle.ts';
import { ConfigError, readConfig } from './config.ts';
import { HubSpotEventsStack } from './stack.ts';
import { readFlags } from './stack-flags.ts';

const app = new App();
try {
  const config = readConfig(app.node.tryGetContext('hubspotEvents'));
  const flags = readFlags((name) => app.node.tryGetContext(name));
  new HubSpotEventsStack(app, { config, bundle: bundleFunction(), ...flags });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  // The user's mistake, not the program's: the message is all there is to read.
  console.error(error.message);
  process.exit(1);
}
