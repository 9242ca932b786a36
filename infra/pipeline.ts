import { Aws, Duration, Stage } from 'aws-cdk-lib';
import type { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { compile } from '../state-machines/compiler/compile.ts';
import {
  CLEANUP_PLACEHOLDER,
  PARTITION_PLACEHOLDER,
  RUNS_BUCKET_PLACEHOLDER,
} from '../state-machines/compiler/placeholders.ts';
import { TAGS, tagValue } from '../state-machines/contract/tags.ts';
import type { Plan, PlannedTask } from '../state-machines/graph/plan.ts';
import { createResultsBucket, createRunsBucket } from './buckets.ts';
import { bundle } from './bundling/bundle.ts';
import { OWN_ENTRIES, REAPER, taskEntries } from './bundling/entries.ts';
import { findHandlerFiles } from './bundling/handler-files.ts';
import { checkedProps } from './checked-props.ts';
import { checkedKeep, checkedRate, checkedTimeout } from './durations.ts';
import { createCleanupFunction, createReaperFunction, createTaskFunction } from './functions.ts';
import { refuseLargeDefinition, refuseLargeStack } from './limits.ts';
import { createAlarms, type PipelineAlarms } from './operation/alarms.ts';
import { createDashboard } from './operation/dashboard.ts';
import { deploymentOf } from './operation/deployment.ts';
import { grantReadExecutions, grantReadResultsOf } from './operation/grants.ts';
import { MeasuredPipeline } from './operation/measured-pipeline.ts';
import { tellOutputs } from './operation/outputs.ts';
import type { PipelineData } from './permissions/pipeline-data.ts';
import { triggerReaper } from './reaper.ts';
import { type PipelineSchedule, scheduleRuns } from './schedule.ts';
import { allowChildExecutions, createStateMachine, executionsOf, tagMachine } from './state-machines.ts';
import { acknowledgeWildcards } from './suppressions.ts';

export interface PipelineProps {
  /** What `graph.build()` returned. */
  readonly plan: Plan;
  /**
   * The folder with the handlers: a file for each task and each hook, `<name>.ts`, that exports `handler`. A relative path
   * is from the working directory, which in a CDK app is the project's folder.
   */
  readonly handlers: string;
  /** How long a run may take. @default Duration.hours(24) */
  readonly timeout?: Duration;
  /**
   * How long the intermediates of a run that did not succeed are kept, for looking and for resuming: whole seconds, 60
   * days at the most. @default nothing is kept
   */
  readonly keepOnFailure?: Duration;
  /**
   * How often the reaper looks for runs that nobody has cleaned up: whole minutes, one at the least.
   * @default Duration.minutes(15)
   */
  readonly reapEvery?: Duration;
  /** When runs start by themselves: nothing keeps one from starting while another goes on. @default nothing starts them */
  readonly schedule?: ScheduleExpression | PipelineSchedule;
  /** Told when an alarm goes off. @default nobody is; the alarms are there all the same */
  readonly alarmTopic?: ITopic;
  /** Whether there is a dashboard; CloudWatch charges for the fourth of an account and further ones. @default true */
  readonly dashboard?: boolean;
}

/** A run that hangs costs nothing but its slot; a day is long enough for a batch and short enough to be noticed. */
const DEFAULT_TIMEOUT = Duration.hours(24);
const KEEP_NOTHING = Duration.seconds(0);
const DEFAULT_REAP_EVERY = Duration.minutes(15);

/**
 * A pipeline: the state machine compiled from a plan and its finalizer, a function for each task and hook, the cleanup
 * and the reaper, and the two buckets.
 *
 * - A task's function may read its inputs and its own records, and write its own outputs: nothing else.
 * - An after-execution task may touch no data at all: the run's has gone by then.
 * - However an execution ends, its hooks run and its run is cleaned up: by itself, or by its finalizer, which the reaper
 *   starts when it hears of that end, or else finds the run on its rounds.
 * - The runs bucket holds intermediates and empties itself; the results bucket stays when the stack goes.
 * - What goes wrong sets off an alarm, of which the topic is told that the pipeline was given.
 */
export class Pipeline extends MeasuredPipeline {
  readonly stateMachine: StateMachine;
  /**
   * The machine that does what an ended execution left to do, in an execution of the same name: hooks and cleanup where
   * it did not come to them, the after-execution tasks, and a last sweep.
   */
  readonly finalizer: StateMachine;
  /** The function that starts finalizers and deletes what is left; `{ "dryRun": true }` only tells what it would do. */
  readonly reaper: IFunction;
  readonly runsBucket: Bucket;
  readonly resultsBucket: Bucket;
  /** The functions of the tasks and hooks, by name. */
  readonly functions: Readonly<Record<string, IFunction>>;
  readonly lostEvents: IQueue;
  readonly schedule?: Schedule;
  readonly missedRuns?: IQueue;
  readonly alarms: PipelineAlarms;
  readonly dashboard?: Dashboard;
  readonly dimensions: Readonly<Record<'service' | 'deployment', string>>;

  constructor(scope: Construct, id: string, props: PipelineProps) {
    super(scope, id);
    const { plan } = checkedProps(this.node.path, props);
    const timeout = checkedTimeout(props.timeout ?? DEFAULT_TIMEOUT);
    const keepOnFailure = checkedKeep(props.keepOnFailure ?? KEEP_NOTHING);
    const reapEvery = checkedRate(props.reapEvery ?? DEFAULT_REAP_EVERY);
    const compiled = compile(plan, {
      timeoutSeconds: timeout.toSeconds(),
      keepOnFailureSeconds: keepOnFailure.toSeconds(),
    });
    refuseLargeDefinition(plan.pipeline, 'definition', compiled.definition);
    refuseLargeDefinition(plan.pipeline, 'finalizer definition', compiled.finalizer);
    const bundles = bundle(
      [taskEntries(plan, findHandlerFiles(props.handlers, plan)), OWN_ENTRIES],
      Stage.of(this)?.outdir,
    );
    const codeOf = (name: string) => bundles.folders[name] ?? '';

    const runs = createRunsBucket(this, 'Runs', timeout, keepOnFailure);
    const results = createResultsBucket(this, 'Results');
    this.dimensions = { service: plan.pipeline, deployment: deploymentOf(this) };
    const data: PipelineData = { pipeline: plan.pipeline, plan, runs, results };
    try {
      const cleanup = createCleanupFunction(this, 'Cleanup', codeOf(CLEANUP_PLACEHOLDER), data);
      this.functions = this.#createTaskFunctions(plan, codeOf, data);
      const placed = (tasks: readonly PlannedTask[]) => ({
        ...Object.fromEntries(tasks.map(({ name }) => [compiled.functions[name], this.functions[name] as IFunction])),
        [CLEANUP_PLACEHOLDER]: cleanup,
      });
      this.stateMachine = createStateMachine(this, 'StateMachine', {
        comment: `Ebbtide: ${plan.pipeline}`,
        definition: compiled.definition,
        functions: placed([...plan.tasks, ...plan.hooksBeforeCleanup]),
        values: { [RUNS_BUCKET_PLACEHOLDER]: runs.bucketName, [PARTITION_PLACEHOLDER]: Aws.PARTITION },
      });
      allowChildExecutions(this.stateMachine, plan, runs);
      this.finalizer = createStateMachine(this, 'Finalizer', {
        comment: `Ebbtide: the finalizer of ${plan.pipeline}`,
        definition: compiled.finalizer,
        functions: placed(plan.hooks),
      });
      const { stateMachine, finalizer } = this;
      const deployment = tagValue(deploymentOf(this));
      tagMachine(stateMachine, {
        [TAGS.pipeline]: plan.pipeline,
        [TAGS.deployment]: deployment,
        [TAGS.runsBucket]: runs.bucketName,
        [TAGS.resultsBucket]: results.bucketName,
        [TAGS.finalizer]: finalizer.stateMachineArn,
      });
      tagMachine(finalizer, { [TAGS.finalizerOf]: deployment });
      const machines = {
        stateMachine,
        finalizer,
        hasAfterExecution: plan.hooksAfterExecution.length > 0,
        hasHooks: plan.hooksBeforeCleanup.length > 0,
      };
      const reaper = createReaperFunction(this, 'Reaper', codeOf(REAPER), data, machines);
      this.lostEvents = triggerReaper(this, { ...machines, reaper, every: reapEvery });
      this.reaper = reaper;
    } finally {
      bundles.dispose();
    }
    acknowledgeWildcards(this, data, [this.stateMachine, this.finalizer]);
    this.runsBucket = runs;
    this.resultsBucket = results;
    if (props.schedule) {
      const { schedule, missedRuns } = scheduleRuns(this, plan.pipeline, this.stateMachine, props.schedule);
      this.schedule = schedule;
      this.missedRuns = missedRuns;
    }
    this.alarms = createAlarms(this, { name: plan.pipeline, topic: props.alarmTopic, reapEvery });
    if (props.dashboard ?? true) this.dashboard = createDashboard(this, plan.pipeline, Object.values(this.alarms));
    tellOutputs(this, this);
    refuseLargeStack(this, plan.pipeline);
  }

  grantStartExecution(grantee: IGrantable): Grant {
    return this.stateMachine.grantStartExecution(grantee);
  }

  grantStopExecution(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['states:StopExecution'],
      resourceArns: [executionsOf(this.stateMachine)],
    });
  }

  /**
   * To look at runs and their finalizers: list them, how they went, and their histories, in which the inputs are. To find
   * the pipeline by its name takes `states:ListStateMachines` besides, which AWS allows for all of an account or not at all.
   */
  grantRead(grantee: IGrantable): Grant {
    return grantReadExecutions(grantee, [this.stateMachine, this.finalizer]);
  }

  /** To list and read what the pipeline's runs have published. */
  grantReadResults(grantee: IGrantable): Grant {
    return grantReadResultsOf(grantee, this.resultsBucket, this.dimensions.service);
  }

  /** To have the reaper see to all runs at once, or say what it would do. */
  grantReap(grantee: IGrantable): Grant {
    return this.reaper.grantInvoke(grantee);
  }

  #createTaskFunctions(plan: Plan, codeOf: (name: string) => string, data: PipelineData): Record<string, IFunction> {
    const functions = plan.functions.map((task) => {
      const id = `${plan.task(task.name) ? 'Task' : 'Hook'}-${task.name}`;
      return [task.name, createTaskFunction(this, id, task, codeOf(task.name), data)];
    });
    return Object.fromEntries(functions);
  }
}
