import { Session, type Profiler } from 'node:inspector/promises'

/** Where the main thread's time went, by the room of the source file that ran. */
export type CpuShares = ReadonlyMap<string, number>

/** First match wins; a frame is placed by the file its code lies in. */
const ROOMS: readonly (readonly [share: string, file: RegExp])[] = [
  ['decode', /dist\/schemas\/|avsc\/|record-batch\/(record-batch|varint|crc32c)|task-input/],
  ['merge', /dist\/topology\/attribution\/(?!codecs)/],
  ['state', /dist\/state\/|dist\/topology\/attribution\/codecs|rocksdb-native|compact-encoding/],
  ['changelog', /batch-builder|output-collector|task-committer/],
  ['log', /dist\/broker\//],
  ['executor', /dist\/topology\/|dist\/runtime\//],
]

/** Runs `body` under the sampling profiler of V8. */
export async function withCpuShares(body: () => Promise<void>): Promise<CpuShares> {
  return shares(await cpuProfile(body))
}

export async function cpuProfile(body: () => Promise<void>): Promise<Profiler.Profile> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 500 })
  await session.post('Profiler.start')
  await body()
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  return profile
}

function shares(profile: Profiler.Profile): CpuShares {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const time = new Map<string, number>()
  let total = 0
  for (const [i, id] of (profile.samples ?? []).entries()) {
    const frame = nodes.get(id)!.callFrame
    const room = roomOf(frame)
    if (room === 'idle') continue
    const spent = profile.timeDeltas?.[i] ?? 0
    time.set(room, (time.get(room) ?? 0) + spent)
    total += spent
  }
  return new Map(
    [...time].map(([room, spent]): [string, number] => [room, spent / total]).sort(byShare),
  )
}

function roomOf({ functionName, url }: { functionName: string; url: string }): string {
  if (functionName === '(idle)') return 'idle'
  if (functionName === '(garbage collector)') return 'garbage collection'
  if (functionName === '(program)') return 'native code'
  return ROOMS.find(([, file]) => file.test(url))?.[0] ?? 'node'
}

function byShare([, a]: [string, number], [, b]: [string, number]): number {
  return b - a
}
