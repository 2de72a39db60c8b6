import type { Profiler } from 'node:inspector/promises'
import { cpuProfile } from '../cpu-share.ts'

/** Where the main thread's time went, by the stage on whose behalf it ran; sums to 1. */
export type StageShares = Readonly<Record<string, number>>

/** Of a stack, from the inside out, the first that matches names the stage. */
const STAGES: readonly (readonly [stage: string, file: RegExp])[] = [
  ['identify', /dist\/topology\/(identity|clustering)\//],
  ['campaign', /dist\/topology\/campaign\//],
  ['resolve', /dist\/topology\/attribution\//],
  ['commit', /task-committer|output-collector/],
  ['checkpoint', /checkpoint/],
  ['disk reads', /missing-reads/],
  ['decode', /task-input/],
  ['log', /dist\/broker\//],
]

interface Frame {
  readonly callFrame: { readonly functionName: string; readonly url: string }
  readonly parent: Frame | null
}

/** Runs `body`, under the sampling profiler of V8 or not. */
export async function withStageShares(
  isProfiled: boolean,
  body: () => Promise<void>,
): Promise<StageShares> {
  if (isProfiled) return shares(await cpuProfile(body))
  await body()
  return {}
}

function shares(profile: Profiler.Profile): StageShares {
  const stageOf = stages(profile)
  const time = new Map<string, number>()
  let total = 0
  for (const [i, id] of (profile.samples ?? []).entries()) {
    const stage = stageOf.get(id)!
    if (stage === 'idle') continue
    const spent = profile.timeDeltas?.[i] ?? 0
    time.set(stage, (time.get(stage) ?? 0) + spent)
    total += spent
  }
  const byShare = [...time].sort(([, a], [, b]) => b - a)
  return Object.fromEntries(byShare.map(([stage, spent]) => [stage, spent / total]))
}

/** By node of the profile. */
function stages(profile: Profiler.Profile): Map<number, string> {
  const frames = new Map<number, { callFrame: Frame['callFrame']; parent: Frame | null }>()
  for (const { callFrame, id } of profile.nodes) frames.set(id, { callFrame, parent: null })
  for (const { children, id } of profile.nodes) {
    for (const child of children ?? []) frames.get(child)!.parent = frames.get(id)!
  }
  return new Map([...frames].map(([id, frame]) => [id, stageOfStack(frame)]))
}

function stageOfStack(frame: Frame): string {
  const { functionName } = frame.callFrame
  if (functionName === '(idle)') return 'idle'
  if (functionName === '(garbage collector)') return 'garbage collection'
  if (functionName === '(program)') return 'native code'
  for (let at: Frame | null = frame; at !== null; at = at.parent) {
    const { url } = at.callFrame
    const found = STAGES.find(([, file]) => file.test(url))
    if (found !== undefined) return found[0]
  }
  return 'node'
}
