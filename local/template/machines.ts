import type { Definition } from '../../state-machines/compiler/asl.ts';
import { filledIn } from '../assembly-model.ts';
import type { Resolve } from './intrinsics.ts';
import type { Template } from './template.ts';

/** The definition of a state machine, with the ARNs and names that its placeholders stand for. */
export function readDefinition({ Resources }: Template, machine: string, resolve: Resolve): Definition {
  const properties = Resources[machine]?.Properties;
  if (!properties) throw new Error(`the template has no state machine ${machine}`);
  const { DefinitionString, DefinitionSubstitutions } = properties;
  return filledIn(DefinitionString, (placeholder) => {
    const value = resolve(DefinitionSubstitutions[placeholder]);
    if (typeof value !== 'string') throw new Error(`the template has no value for ${placeholder}`);
    return value;
  });
}
