/**
 * All that handlers and graphs take from this library, and with it the AWS SDK. The bundler puts what it reaches into
 * chunks of their own, which hold none of the user's code. Codecs import it for nothing but that: what they share with
 * the rest would otherwise be cut into small chunks, and each is a file to open on every cold start.
 */

export * from '../../state-machines/graph/conditions.ts';
export * from '../../state-machines/graph/formats.ts';
export * from '../../state-machines/graph/refs.ts';
export * from '../../state-machines/graph/task-graph.ts';
export * from '../runtime/index.ts';
