#!/usr/bin/env node
const [major] = process.versions.node.split('.');
// An older Node may not even parse the rest, so it is imported only after this.
if (Number(major) < 24) {
  process.stderr.write(
    `NodeTooOld: ebbtide needs Node.js 24 or later, as its functions do; this is ${process.version} (${process.execPath})\n`,
  );
  process.exit(2);
}

// Whoever read our output has stopped, or the terminal was closed: the run goes on or is stopped, and cleans up.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
}

const { runCli } = await import('./program.ts');
const { renderError } = await import('./render/error.ts');
const { styler } = await import('./terminal.ts');

// What nobody waited for, and so no command could tell. What a run leaves is cleaned up by the next command.
process.on('uncaughtException', (error) => {
  const [verbose, json] = [process.argv.includes('--verbose'), process.argv.includes('--json')];
  process.stderr.write(`${renderError(error, { verbose, json, style: styler(process.stderr) })}\n`);
  process.exit(1);
});

process.exitCode = await runCli(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr });

export {};
