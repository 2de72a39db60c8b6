import { setTimeout as sleep } from 'node:timers/promises'
import { CommandFailure } from '../failure.ts'
import { refusal, type Answer, type InstanceClient } from '../http/instance-client.ts'

export interface StorePage {
  /** The parts of each row's key. */
  readonly keys: readonly (readonly string[])[]
  /** Input records that the page does not hold yet. */
  readonly lag: number
}

interface PageBody {
  readonly data: readonly { readonly key: readonly string[] }[]
  readonly next: string | null
  readonly meta: { readonly lag: number }
}

const ROWS = 1000
const ATTEMPTS = 6
const FIRST_PAUSE_MS = 500

/**
 * The keys of a store, page by page; one page is in memory. A page that is not to be had for a
 * moment (503, 429) is asked for again.
 * @throws {CommandFailure} the instance has no such store, refuses, or does not come back
 */
export async function* storePages(
  client: InstanceClient,
  store: string,
  signal: AbortSignal,
): AsyncGenerator<StorePage> {
  let after: string | null = null
  do {
    const path: string = `/api/v1/stores/${store}?limit=${ROWS}${after === null ? '' : `&after=${after}`}`
    const answer = await ask(client, path, signal)
    if (answer.status !== 200) throw failureOf(answer)
    const { data, meta, next } = answer.body as PageBody
    yield { keys: data.map(({ key }) => key), lag: meta.lag }
    after = next
  } while (after !== null)
}

async function ask(client: InstanceClient, path: string, signal: AbortSignal): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await client.call({ method: 'GET', path, signal })
    const passing = answer.status === 503 || answer.status === 429
    if (!passing || attempt === ATTEMPTS) return answer
    await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1), undefined, { signal })
  }
}

function failureOf(answer: Answer): CommandFailure {
  const { error } = answer.body as { error?: { code?: string } }
  if (error?.code !== 'UNKNOWN_STORE') return refusal(answer)
  return new CommandFailure(
    'the instance runs without a clusterer (IDENTITY_CLUSTERER=none), so there is nothing to judge',
  )
}
