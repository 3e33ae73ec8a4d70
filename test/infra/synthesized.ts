import { fileURLToPath } from 'node:url';
import { Template } from 'aws-cdk-lib/assertions';
import { z } from 'zod';
import { type SynthesizeOptions, synthesize } from '../../infra/build/synth.ts';

export const STAND_IN_ENTRY = fileURLToPath(new URL('stand-in-handler.ts', import.meta.url));

/** The template of a configuration, for assertions. */
export function templateOf(config: unknown, flags: SynthesizeOptions['flags'] = {}): Template {
  const { template } = synthesize({ config, flags, entry: STAND_IN_ENTRY });
  return Template.fromJSON(z.record(z.string(), z.unknown()).parse(template));
}

export interface Resource {
  readonly id: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly dependsOn: readonly string[];
}

const resourceSchema = z.object({
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z.array(z.string()).default([]),
});

/** Every resource of a type, with its logical id. */
export function resourcesOf(template: Template, type: string): Resource[] {
  return Object.entries(template.findResources(type)).map(([id, resource]) => {
    const { Properties, DependsOn } = resourceSchema.parse(resource);
    return { id, properties: Properties, dependsOn: DependsOn };
  });
}

/** The one resource of a type. */
export function onlyResource(template: Template, type: string): Resource {
  const [resource, ...others] = resourcesOf(template, type);
  if (resource === undefined || others.length > 0) {
    throw new Error(
      `Looking for one ${type}: the template must hold one, found ${others.length + (resource ? 1 : 0)}`,
    );
  }
  return resource;
}
