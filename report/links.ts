/** Links out of the report: to the console and to logs, which open only when they are followed. */

import type { LogPointer } from '../history/links.ts';
import { type Content, type Markup, markup } from './markup.ts';

/** @returns undefined for anything but https and files: what else there is, such as `javascript:`, does not belong here */
export function safeUrl(url: string): string | undefined {
  try {
    const { protocol, href } = new URL(url);
    return protocol === 'https:' || protocol === 'file:' ? href : undefined;
  } catch {
    return undefined;
  }
}

/** @returns undefined where it is not an absolute path */
export function fileUrl(path: string): string | undefined {
  const windows = /^[A-Za-z]:[\\/]/.test(path);
  if (!windows && !path.startsWith('/')) return undefined;
  const parts = (windows ? `/${path.replaceAll('\\', '/')}` : path).toWellFormed().split('/');
  return `file://${parts.map((part, index) => (windows && index === 1 ? part : encodeURIComponent(part))).join('/')}`;
}

export function link(url: string | undefined, text: Content): Markup {
  const safe = url === undefined ? undefined : safeUrl(url);
  return safe === undefined ? markup`${text}` : markup`<a href="${safe}" rel="noreferrer">${text}</a>`;
}

export function logLink(pointer: LogPointer | undefined, name: string): Content {
  if (!pointer) return false;
  const url = pointer.url ?? fileUrl(pointer.text);
  return url === undefined || safeUrl(url) === undefined
    ? markup`<code>${pointer.text}</code>`
    : markup`<a href="${safeUrl(url)}" rel="noreferrer" title="${pointer.text}">log<span class="unseen"> of ${name}</span></a>`;
}

export interface AwsPlace {
  readonly region: string;
  readonly account: string;
  readonly stateMachine: string;
}

/** @param arn arn:aws:states:<region>:<account>:execution:<state machine>:<execution> */
export function awsPlace(arn: string): AwsPlace | undefined {
  const [, , , region, account, , stateMachine] = arn.split(':');
  return region && account && stateMachine ? { region, account, stateMachine } : undefined;
}
