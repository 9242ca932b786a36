/**
 * Random cases, the same in every run: whether a commit passes is the commit's own doing. `SEED=…` takes other cases, and
 * `npm run test:random` new ones each time. A property that fails says with which seed.
 */

import fc from 'fast-check';

const { SEED = '20261120' } = process.env;

fc.configureGlobal({ seed: SEED === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(SEED) });

export { fc };
