import type { TaskId } from '../../state-machines/contract/keys.ts';
import type { AttemptMarker } from '../../state-machines/contract/records.ts';
import { ChunksFailedError } from './errors.ts';
import type { Attempt } from './invocation.ts';

/** Says that an attempt began. It is there before the handler is: a handler that dies at once is counted too. */
export class Marker {
  readonly begun: Promise<void>;
  readonly #write: (marker: AttemptMarker) => Promise<void>;
  readonly #marker: AttemptMarker;

  constructor({ records, requestId, logStream }: Attempt, id: TaskId, attemptId: string, startedAt: Date) {
    this.#write = (marker) => records.markAttempt(id, attemptId, marker);
    this.#marker = { version: 1, startedAt: startedAt.toISOString(), requestId, ...(logStream && { logStream }) };
    this.begun = this.#write(this.#marker);
    this.begun.catch(() => undefined);
  }

  /** Best effort: the error reaches the state machine in any case. */
  async fail(error: Error): Promise<void> {
    await this.begun.catch(() => undefined);
    const gathering = error instanceof ChunksFailedError ? error : undefined;
    const startedAt = gathering?.startedAt ?? this.#marker.startedAt;
    const failed = {
      name: error.name,
      message: error.message,
      durationMs: Date.now() - Date.parse(startedAt),
      ...(gathering && { chunks: gathering.chunks }),
    };
    await this.#write({ ...this.#marker, startedAt, failed }).catch(() => undefined);
  }
}
