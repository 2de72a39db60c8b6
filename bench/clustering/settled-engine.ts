import { Registry } from 'prom-client'
import { startEngine, type Engine } from '../../cli/engine.ts'
import type { StreamTask } from '../../runtime/stream-task.ts'
import { benchConfig, silentEvents } from '../bench-config.ts'

const SAMPLE_MS = 50
/** A task is told late of what another wrote: it must have rested for longer than that. */
const SAMPLES_AT_REST = 10
/** How long {@link untilSettled} looks on after the last of the work. */
export const REST_MS = SAMPLE_MS * SAMPLES_AT_REST

/** The product as it is started without options, on a state directory. */
export function startProduct(stateDir: string): Promise<Engine> {
  const config = benchConfig(stateDir)
  return startEngine({ config, events: silentEvents, metrics: new Registry() })
}

export function tasksOf({ instance }: Engine): StreamTask[] {
  return [...instance.runners.values()].map(({ task }) => task)
}

/** All tasks have restored what they had to. */
export async function untilRunning(engine: Engine): Promise<void> {
  while (!tasksOf(engine).every(({ state }) => state === 'running')) await pause(5)
}

/** All is read, announced and committed, and nothing more came of it. */
export async function untilSettled(engine: Engine): Promise<void> {
  const isAtRest = () =>
    tasksOf(engine).every((task) => task.isSettled && task.position().lag === 0)
  for (let rested = 0; rested < SAMPLES_AT_REST; rested = isAtRest() ? rested + 1 : 0) {
    await pause(SAMPLE_MS)
  }
}

export function sumOf(engine: Engine, valueOf: (task: StreamTask) => number): number {
  return tasksOf(engine).reduce((sum, task) => sum + valueOf(task), 0)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
