import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { SOURCE_EXTENSIONS } from '../infra/bundling/handler-files.ts';

/**
 * Imports a file of a project, as its handlers are bundled: TypeScript of any kind (Node alone refuses enums, and imports
 * of types that do not say so), with specifiers without an extension or with that of the compiled file, and with `import`
 * in a package that says CommonJS.
 */
export async function importSource(url: URL): Promise<Record<string, unknown>> {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        for (const candidate of candidatesOf(specifier)) {
          try {
            return next(candidate, context);
          } catch {
            // The next one, or what was said of the specifier itself.
          }
        }
        throw error;
      }
    },
    load(url, context, next) {
      if (!isTypeScript(url)) return next(url, context);
      const sourcefile = fileURLToPath(url);
      const { code } = transformSync(readFileSync(sourcefile, 'utf8'), {
        loader: 'ts',
        format: 'esm',
        sourcefile,
        sourcemap: 'inline',
        logLevel: 'silent',
      });
      return { format: 'module', source: code, shortCircuit: true };
    },
  });
  // For good: a stack is mapped when it is first read.
  process.setSourceMapsEnabled(true);
  try {
    return await import(url.href);
  } finally {
    hooks.deregister();
  }
}

function isTypeScript(url: string): boolean {
  return url.startsWith('file:') && /\.[cm]?ts$/.test(url) && !url.includes('/node_modules/');
}

function candidatesOf(specifier: string): string[] {
  if (!/^\.{0,2}\//.test(specifier)) return [];
  const compiled = /^(.*)\.([cm]?)js$/.exec(specifier);
  return [
    ...(compiled ? [`${compiled[1]}.${compiled[2]}ts`] : []),
    ...SOURCE_EXTENSIONS.map((extension) => specifier + extension),
    ...SOURCE_EXTENSIONS.map((extension) => `${specifier}/index${extension}`),
  ];
}
