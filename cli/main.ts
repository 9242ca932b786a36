#!/usr/bin/env node
const [major] = process.versions.node.split('.');
// An older Node may not even parse the rest, so it is imported only after this.
if (Number(major) < 24) {
  process.stderr.write(
    `ebbtide needs Node.js 24 or later, as its functions do; this is ${process.version} (${process.execPath})\n` +
      'npm install --save-dev node@24 puts one into this project, which npx then uses; your own stays as it is\n',
  );
  process.exit(2);
}

// Whoever read our output has stopped: the run goes on, and cleans up.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const { runCli } = await import('./program.ts');
process.exitCode = await runCli(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr });

export {};
