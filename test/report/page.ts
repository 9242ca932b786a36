/** What the tests of the report read a page with: its elements, found in well-formed text. */

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** All of it, in order. */
  readonly text: string;
}

const VOID = new Set(['meta', 'link', 'br', 'wbr', 'hr', 'img', 'input']);
const TOKEN = /<!doctype html>|<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:="[^"<>]*")?)*)\s*(\/?)>|([^<>]+)/gy;

/** @throws Error where a tag is not closed, or closes another, or there is a `<` or `>` that belongs to no tag */
export function parsePage(html: string): Element {
  type Open = { name: string; attributes: Record<string, string>; children: Element[]; text: string };
  const root: Open = { name: '#page', attributes: {}, children: [], text: '' };
  const stack: Open[] = [root];
  const close = () => {
    const done = stack.pop();
    const parent = stack.at(-1);
    if (!done || !parent) throw new Error('more is closed than was opened');
    parent.children.push(done);
    parent.text += done.text;
  };
  // Of its own grammar; nothing from outside is in it.
  const page = html.replace(/(<style>)[^<]*(<\/style>)/, '$1$2');
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < page.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(page);
    if (!token) throw new Error(`no markup: ${page.slice(Math.max(0, at - 40), at + 60)}`);
    const [, slash, name = '', attributes = '', selfClosed, text] = token;
    const open = stack.at(-1);
    if (text !== undefined && open) open.text += unescapeText(text);
    else if (slash) {
      if (open?.name !== name) throw new Error(`</${name}> closes <${open?.name}>`);
      close();
    } else if (name) {
      stack.push({ name, attributes: attributesIn(attributes), children: [], text: '' });
      if (selfClosed || VOID.has(name)) close();
    }
  }
  if (stack.length !== 1) throw new Error(`<${stack.at(-1)?.name}> is not closed`);
  return root;
}

export function elementsOf(element: Element, matches: (one: Element) => boolean = () => true): Element[] {
  return element.children.flatMap((child) => [...(matches(child) ? [child] : []), ...elementsOf(child, matches)]);
}

export function withClass(element: Element, name: string): Element[] {
  return elementsOf(element, ({ attributes }) => (attributes['class'] ?? '').split(' ').includes(name));
}

function attributesIn(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/([\w:-]+)(?:="([^"]*)")?/g)].map(([, name = '', value = '']) => [name, unescapeText(value)]),
  );
}

function unescapeText(text: string): string {
  const bare = text.replaceAll(/&#(\d+);/g, '');
  if (bare.includes('&')) throw new Error(`an & that escapes nothing: ${text}`);
  return text.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
}
