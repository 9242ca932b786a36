import { describe, expect, it } from 'vitest';
import { renderMermaid } from '../../cli/render/plan/mermaid.ts';
import { ebbtide } from '../cli/fixtures.ts';
import { commandsIn, ebbtideArguments, whatIsWrong } from './commands.ts';
import { BLOCKS, PAGES, REPO, spansOf, whereIs } from './pages.ts';
import { pageProject } from './typescript.ts';

/** What a block may be, and so how it is checked; `text` is what is printed, or is no code. */
const LANGUAGES = ['ts', 'sh', 'json', 'mermaid', 'text'];

it('every block says what it is', () => {
  const unknown = BLOCKS.filter(({ language }) => !LANGUAGES.includes(language));
  expect(unknown.map((block) => `${whereIs(block)}: "${block.language}"`)).toEqual([]);
});

describe('every block of JSON can be parsed', () => {
  const blocks = BLOCKS.filter(({ language }) => language === 'json');
  it.each(blocks.map((block) => [whereIs(block), block.text]))('%s', (_, text) => {
    expect(() => JSON.parse(text)).not.toThrow();
  });
});

/** Each with where it stands: blocks line by line, and what running text has between backticks. */
const COMMANDS = [
  ...BLOCKS.filter(({ language }) => language === 'sh').flatMap(({ page, line, text }) =>
    text.split('\n').map((one, index) => ({ page, line: line + 1 + index, text: one })),
  ),
  ...PAGES.flatMap(spansOf).filter(({ text }) => /^(npx|npm) \S/.test(text)),
].flatMap((line) => commandsIn(line.text).map((command) => ({ where: whereIs(line), command })));

describe('every command on a page is one that there is, with options that it has', () => {
  it.each(COMMANDS.map(({ where, command }) => [where, command.join(' '), command] as const))(
    '%s: %s',
    async (_, __, command) => {
      expect(await whatIsWrong(command)).toBeUndefined();
    },
  );

  it.each([
    ['npm run no-such-script', 'there is no script "no-such-script"'],
    ['npx ebbtide plan', "missing required argument 'pipeline'"],
    ['npx ebbtide plan sales --no-such-option', "unknown option '--no-such-option'"],
    ['npm run ebbtide -- no-such-command', "unknown command 'no-such-command'"],
    ['npx no-such-program', 'nothing that is known here'],
    ['no-such-program', 'no command "no-such-program"'],
  ])('%s would be found out', async (line, said) => {
    const [command = []] = commandsIn(line);
    expect(await whatIsWrong(command)).toContain(said);
  });

  it('is split as a shell would split it', () => {
    expect(commandsIn(`A=b npm ci && npx x 'rate(1 hour)' "c d" --n=#1 <run id>   # a comment && more`)).toEqual([
      ['A=b', 'npm', 'ci'],
      ['npx', 'x', 'rate(1 hour)', 'c d', '--n=#1', '<run id>'],
    ]);
  });
});

describe('every plan of a pipeline in this repo can be shown as a page says', () => {
  const plans = COMMANDS.flatMap(({ where, command }) => {
    const args = ebbtideArguments(command);
    return args?.[0] === 'plan' && args[1] === 'flights' ? [[where, args] as const] : [];
  });
  it.each(plans)('%s', async (_, args) => {
    expect(await ebbtide(...args)).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('every drawing is what `plan --mermaid` prints', () => {
  const project = pageProject();
  const drawings = BLOCKS.filter(({ language }) => language === 'mermaid');
  it.each(drawings.map((block) => [whereIs(block), block.text]))('%s', async (_, text) => {
    // The first line says whose it is: a pipeline of this repo, or of the pages.
    const [, name = ''] = /^%% (\S+)\n/.exec(text) ?? [];
    const { loadPipeline } = await import('../../cli/pipelines.ts');
    const { plan } = await loadPipeline(name, name === 'flights' ? REPO : project.root);
    expect(text).toBe(`%% ${name}\n${renderMermaid(plan)}\n`);
  });
});
