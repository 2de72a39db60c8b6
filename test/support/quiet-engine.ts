import type { StreamsInstance } from '../../runtime/streams-instance.ts'
import { isQuiet } from '../simulation/member.ts'

/** Resolves when every task runs, has read all there is, and committed it. */
export async function untilQuiet(instance: StreamsInstance, limitMs = 120_000): Promise<void> {
  const deadline = Date.now() + limitMs
  for (let quiet = 0; quiet < 10;) {
    if (Date.now() > deadline) throw new Error(`not quiet within ${limitMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const hasAll = instance.runners.size === instance.plan?.tasks.size
    quiet = hasAll && isQuiet(instance) ? quiet + 1 : 0
  }
}
