import { styleText } from 'node:util';

/** Where a command prints: what was asked for on stdout, everything else on stderr. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export type Style = Parameters<typeof styleText>[0];

export type StyleText = (style: Style, text: string) => string;

/** Styles text for a terminal; leaves it plain elsewhere and where NO_COLOR is set. */
export function styler(stream: NodeJS.WriteStream): StyleText {
  return (style, text) => styleText(style, text, { stream });
}
