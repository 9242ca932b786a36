/**
 * `ebbtide`: declare a graph, build a plan of it, compile the plan. No AWS SDK, no CDK, no file system.
 */

export type { Definition } from './compiler/asl.ts';
export { type CompiledPipeline, type CompileOptions, compile } from './compiler/compile.ts';
export type { LimitName, LimitUse } from './compiler/limits.ts';
export type { Parallel, Sequence, Structure, TaskStructure } from './compiler/structure.ts';
export { RUN_ERRORS } from './contract/error-names.ts';
export { ContractError, type ContractErrorCode, UsageError, type UsageErrorCode } from './contract/errors.ts';
export type { FinalizerInput, FinalizerTodo } from './contract/finalizer.ts';
export type { Outcome, TaskFailure } from './contract/outcome.ts';
export type { FailureInfo, OutputResult, RunResult, RunStatus, TaskResult, TaskStatus } from './contract/result.ts';
export { allOf, anyOf, type Condition, fromInput, fromOutput, type Given, not } from './graph/conditions.ts';
export type { GraphOptions } from './graph/declarations.ts';
export { GraphError, type GraphProblem, type GraphProblemCode } from './graph/errors.ts';
export {
  type AnyChunk,
  type AnyFormat,
  type AsText,
  type BytesSource,
  bytes,
  type ChunksFormat,
  chunks,
  csv,
  type DataFormat,
  type Durable,
  durable,
  type FormatKind,
  type Gathered,
  json,
  ndjson,
  type ParquetType,
  type ParquetValueType,
  parquet,
  type ReadOf,
  text,
  type WrittenOf,
} from './graph/formats.ts';
export type { Plan, PlannedEach, PlannedHook, PlannedInput, PlannedOutput, PlannedTask } from './graph/plan.ts';
export { type DataRef, type InputRef, type NamedRef, type OptionalRef, optional, ref } from './graph/refs.ts';
export type { Release, ResourceReq, RetryDef } from './graph/settings.ts';
export type {
  AnyTaskHandle,
  EachDef,
  FunctionDef,
  HookHandle,
  InputsDef,
  OutputsDef,
  TaskDef,
  TaskHandle,
} from './graph/task.ts';
export { TaskGraph, type TaskGroup } from './graph/task-graph.ts';
