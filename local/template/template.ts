/** What CDK synthesized: the template of one stack, and where the assets that it names lie. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: properties of CloudFormation resources, of any shape
  readonly Properties: Readonly<Record<string, any>>;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}

export interface Synthesized {
  readonly template: Template;
  /** The folder of the asset that is uploaded under a key. */
  assetFolder(key: string): string;
}

export function readStack(app: App, outdir: string): Synthesized {
  const [stack] = app.synth().stacks;
  if (!stack) throw new Error('CDK synthesized no stack');
  const { files } = JSON.parse(readFileSync(join(outdir, `${stack.id}.assets.json`), 'utf8')) as AssetManifest;
  return {
    template: stack.template,
    assetFolder: (key) => join(outdir, files[key.replace(/\.zip$/, '')]?.source.path ?? ''),
  };
}

interface AssetManifest {
  readonly files: Readonly<Record<string, { readonly source: { readonly path: string } }>>;
}

export function resourcesOf({ Resources }: Template, type: string): (Resource & { readonly id: string })[] {
  return Object.entries(Resources).flatMap(([id, { Type, Properties = {} }]) =>
    Type === type ? [{ id, Type, Properties }] : [],
  );
}
