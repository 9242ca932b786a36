/** The embedded S3 endpoint with its objects in memory, in a process of its own: a child process that is told what to do. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { startS3 } from '../../local/s3/endpoint.ts';
import { nextMessage } from './child.ts';
import { BUCKET, keyOf } from './objects.ts';

/** Objects to put there; 0 asks only how many are there. */
type Order = { readonly fill: number };
type Report = { readonly endpoint: string } | { readonly objects: number };

export class Endpoint {
  readonly #process: ChildProcess;
  readonly url: string;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  static async start(): Promise<Endpoint> {
    const child = fork(import.meta.filename, { stdio: 'inherit' });
    const report = await nextMessage<Report>(child);
    return new Endpoint(child, 'endpoint' in report ? report.endpoint : '');
  }

  /** @returns how many objects are there then */
  async fill(objects: number): Promise<number> {
    this.#process.send({ fill: objects } satisfies Order);
    const report = await nextMessage<Report>(this.#process);
    return 'objects' in report ? report.objects : 0;
  }

  async stop(): Promise<void> {
    const exit = once(this.#process, 'exit');
    this.#process.kill();
    await exit;
  }
}

if (process.send && process.argv[1] === import.meta.filename) {
  const s3 = await startS3({});
  s3.createBucket(BUCKET);
  const body = Buffer.from('x');
  process.on('message', ({ fill }: Order) => {
    for (let index = 0; index < fill; index++) s3.putObject(BUCKET, keyOf(index), body);
    void count().then((objects) => process.send?.({ objects } satisfies Report));
  });
  process.on('disconnect', () => process.exit());
  const count = async () => {
    let objects = 0;
    let after: string | undefined = '';
    while (after !== undefined) {
      const page: string = await (await fetch(`${s3.endpoint}/${BUCKET}?versions&key-marker=${after}`)).text();
      objects += page.split('<Version>').length - 1;
      after = /<NextKeyMarker>(.*?)<\/NextKeyMarker>/.exec(page)?.[1];
    }
    return objects;
  };
  process.send({ endpoint: s3.endpoint } satisfies Report);
}
