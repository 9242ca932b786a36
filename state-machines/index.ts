/**
 * `ebbtide`: declare a graph, build a plan of it, compile the plan. No AWS SDK, no CDK, no file system.
 */

export type { Definition } from './compiler/asl.ts';
export { type CompiledPipeline, type CompileOptions, compile } from './compiler/compile.ts';
export type { Parallel, Sequence, Structure, TaskStructure } from './compiler/structure.ts';
export { ContractError, type ContractErrorCode, UsageError, type UsageErrorCode } from './contract/errors.ts';
export { RUN_ERRORS } from './contract/events.ts';
export type { FailureInfo, OutputResult, RunResult, RunStatus, TaskResult, TaskStatus } from './contract/result.ts';
export { GraphError, type GraphProblem, type GraphProblemCode } from './graph/errors.ts';
export {
  type AnyFormat,
  type AsText,
  type BytesSource,
  bytes,
  csv,
  type DataFormat,
  type Durable,
  durable,
  type FormatKind,
  json,
  ndjson,
  type ParquetType,
  type ParquetValueType,
  parquet,
  type ReadOf,
  text,
  type WrittenOf,
} from './graph/formats.ts';
export type { Plan, PlannedInput, PlannedOutput, PlannedTask } from './graph/plan.ts';
export { type DataRef, type InputRef, type NamedRef, type OptionalRef, optional, ref } from './graph/refs.ts';
export type { ResourceReq, RetryDef } from './graph/settings.ts';
export type { AnyTaskHandle, InputsDef, OutputsDef, TaskDef, TaskHandle } from './graph/task.ts';
export { TaskGraph } from './graph/task-graph.ts';
