/** Projects as they are before `ebbtide init`. */

const CDK_PACKAGE = {
  scripts: { test: 'jest' },
  dependencies: { 'aws-cdk-lib': '2', constructs: '10' },
  devDependencies: { jest: '30', typescript: '7' },
};

/** What `cdk init app --language typescript` makes, as far as it matters. */
export const CDK_APP = {
  'package.json': `${JSON.stringify(CDK_PACKAGE, null, 2)}\n`,
  'cdk.json': JSON.stringify({ app: 'npx tsc && npx tsx bin/shop.ts' }),
  'tsconfig.json': JSON.stringify({ compilerOptions: { module: 'nodenext', strict: true } }),
  'bin/shop.ts': "import { ShopStack } from '../lib/shop-stack';\nnew ShopStack();\n",
  'lib/shop-stack.ts': 'export class ShopStack {}\n',
};

/** ES modules, another layout, Vitest. */
export const VITEST_APP = {
  'package.json': JSON.stringify({ type: 'module', devDependencies: { vitest: '5' } }),
  'cdk.json': JSON.stringify({ app: 'npx tsx src/main.ts' }),
  'tsconfig.json': JSON.stringify({ compilerOptions: { module: 'nodenext', strict: true } }),
  'src/main.ts': "import { App } from 'aws-cdk-lib';\nimport { shop } from './shop.js';\nshop(new App());\n",
  'src/shop.ts': 'export function shop(_: unknown): void {}\n',
  'tests/shop.test.ts': '',
};
