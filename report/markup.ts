/** HTML and SVG as values of a type of their own: what is not of it, as all that comes from outside, is escaped. */

import { html as escaped } from 'ghtml';

export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = Markup | string | number | false | undefined | readonly Content[];

/** A template whose values are escaped, also in attributes, which are always quoted. `false` and undefined are nothing. */
export function markup(literals: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(literals.reduce((text, literal, index) => text + render(values[index - 1]) + literal));
}

export function render(value: Content): string {
  if (value === false || value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(render).join('');
  return escaped`${visible(String(value))}`;
}

/** Control characters, such as those that colour a terminal, and such as turn the direction of text, as signs for them. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for.
  const signs = text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, (control) =>
    String.fromCodePoint(0x2400 + control.charCodeAt(0)),
  );
  return signs.replaceAll(/[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd').toWellFormed();
}
