/** Ends of runs that between them need every permission that a pipeline's roles have. */

import type { World } from './world.ts';

const HOUR_MS = 3_600_000;

export const STORIES: Readonly<Record<string, (world: World) => Promise<void>>> = {
  'a run whose functions are all called twice succeeds': async (world) => {
    world.twice = true;
    await world.run('good');
  },
  'a run of which every first attempt fails succeeds': async (world) => {
    world.behave = (_, __, attempt) => (attempt === 1 ? 'fail' : 'work');
    await world.run('again');
  },
  'a run that fails is kept, and resumed': async (world) => {
    world.twice = true;
    world.behave = (name, _, attempt) => (name === 'merge' || (name === 'alarm' && attempt === 1) ? 'fail' : 'work');
    await world.run('kept');
    world.behave = (name) => (name === 'check' ? 'fail' : 'work');
    await world.run('resumed', { resume: 'kept' });
    world.behave = () => 'work';
    await world.run('resumed-again', { resume: 'kept' });
  },
  'a run that fails is kept, and reaped when its time is over': async (world) => {
    world.behave = (name) => (name === 'check' ? 'fail' : 'work');
    await world.run('expired');
    await world.leave('expired');
    await world.reap();
    await world.reap(Date.now() + 2 * HOUR_MS);
  },
  'a run whose chunks fail is resumed, and that is aborted before it does anything': async (world) => {
    world.behave = (name) => (['near', 'away'].includes(name) ? 'fail' : 'work');
    await world.run('chunks');
    world.onState = (execution) => execution === 'stopped' && world.account.pipeline.stop('stopped');
    await world.run('stopped', { resume: 'chunks' });
    await world.run('finished', { resume: 'chunks' });
    await world.reap(Date.now() + 2 * HOUR_MS);
  },
  'a run is resumed in which the first function does not load, so that a hook comes first': async (world) => {
    world.behave = (name) => (name === 'merge' ? 'fail' : 'work');
    await world.run('unloaded');
    world.broken.add('split');
    await world.run('broken', { resume: 'unloaded' });
    world.broken.add('alarm');
    await world.run('broken-again', { resume: 'unloaded' });
    await world.reap(Date.now() + 2 * HOUR_MS);
  },
  'a run in which a dead function left an upload cleans it up': async (world) => {
    world.behave = async (name, run) => {
      if (name === 'check') await world.leave(run);
    };
    await world.run('dead');
  },
  'an abort before anything is written, of which the reaper hears nothing': async (world) => {
    world.onState = (execution) => world.account.pipeline.stop(execution);
    await world.run('empty', {}, { heard: false });
    world.onState = () => undefined;
    await world.reap();
    await world.reap(Date.now() + 2 * HOUR_MS);
  },
  'an abort, of which the reaper hears nothing': async (world) => {
    world.behave = (name) => {
      if (name === 'bulk') world.account.pipeline.stop('lost');
      return 'work';
    };
    await world.run('lost', {}, { heard: false });
    await world.leave('lost');
    await world.reap();
    await world.reap(Date.now() + 2 * HOUR_MS);
    await world.leave('lost');
    await world.reap(Date.now() + 4 * HOUR_MS);
  },
};
