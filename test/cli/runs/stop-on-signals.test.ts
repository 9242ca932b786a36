import { afterEach, describe, expect, it, vi } from 'vitest';
import { stopOnSignals, watchSignals } from '../../../cli/runs/stop-on-signals.ts';
import { fakeStream } from '../fixtures.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

function scene() {
  const terminal = { stdout: fakeStream(), stderr: fakeStream() };
  const done: string[] = [];
  const display = { say: (message: string) => done.push(message), close: () => done.push('closed') };
  vi.spyOn(process, 'exit').mockImplementation((code) => {
    done.push(`exit ${code}`);
    throw new Error('exit');
  });
  return { terminal, display, done };
}

describe('a run that is carried out', () => {
  it('is stopped by the first signal, which says what that means, and left by the second, if that is no hang-up', () => {
    const { terminal, display, done } = scene();
    const stop = new AbortController();
    const release = stopOnSignals({ stop, display, terminal, meaning: () => 'running tasks end at once' });
    process.emit('SIGINT', 'SIGINT');
    expect(stop.signal.aborted).toBe(true);
    expect(done).toEqual([
      'stopping: running tasks end at once\nonce more to quit at once: the next ebbtide command then does that',
    ]);
    process.emit('SIGHUP', 'SIGHUP');
    expect(done).toHaveLength(1);
    expect(() => process.emit('SIGTERM', 'SIGTERM')).toThrow('exit');
    release();
    expect(done.slice(1)).toEqual(['closed', 'exit 143']);
    expect(terminal.stderr.text).toBe('quitting: the next ebbtide command cleans up what the run left\n');
    expect(process.listenerCount('SIGHUP')).toBe(0);
  });
});

describe('a run that is watched', () => {
  it('goes on behind the first signal, which only ends the watching, and says how to come back', () => {
    const { terminal, display, done } = scene();
    const watching = new AbortController();
    const again = { watch: 'ebbtide watch flights r1', stop: 'ebbtide stop flights r1' };
    const release = watchSignals({ watching, display, terminal, again });
    process.emit('SIGINT', 'SIGINT');
    expect(watching.signal).toMatchObject({ aborted: true, reason: 'SIGINT' });
    expect(done).toEqual(['closed']);
    expect(terminal.stderr.text.split('\n')).toEqual([
      'no longer watching; the run goes on',
      '  to watch it again: ebbtide watch flights r1',
      '  to stop it: ebbtide stop flights r1',
      '',
    ]);
    expect(() => process.emit('SIGINT', 'SIGINT')).toThrow('exit');
    release();
    expect(done.slice(1)).toEqual(['exit 130']);
  });
});
