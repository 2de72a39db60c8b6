import { setTimeout as pause } from 'node:timers/promises'
import { runCli, type Outcome } from '../captured-terminal.ts'
import { eventually } from '../broker-records.ts'
import { observationLine } from '../observation-lines.ts'
import { freePorts } from './free-ports.ts'

export type Settings = Readonly<Record<string, string>>

/** `attribution-streams start` in this process, as its user meets it: settings in, text out. */
export interface UserStart {
  readonly url: string
  /** When it ends, by itself or stopped. */
  readonly outcome: Promise<Outcome>
  /** Resolves when `/readyz` says so. @throws it ended first */
  untilReady(): Promise<void>
  /** Uploads observations of one attacker, each a second after the one before. */
  observe(...ids: string[]): Promise<void>
  /** Resolves when so many have been counted. @throws not within 10 s */
  untilCounted(count: number): Promise<void>
  stop(): Promise<Outcome>
}

export async function beginStart(settings: Settings): Promise<UserStart> {
  const [port] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const stop = new AbortController()
  let ended: Outcome | null = null
  const env = { LOG_LEVEL: 'warn', PORT: String(port), ...settings }
  const outcome = runCli(['start'], { env, stop: stop.signal }).then((end) => (ended = end))
  return {
    url,
    outcome,
    untilReady: async () => {
      while ((await readiness(url)) !== 200) {
        if (ended !== null) throw new Error(`ended with ${ended.code}: ${ended.err}`)
        await pause(50)
      }
    },
    observe: (...ids) => observe(url, ids),
    untilCounted: (count) => eventually(async () => (await countOf(url)) === count, 10_000),
    stop: () => {
      stop.abort()
      return outcome
    },
  }
}

/** What a task meets with its first records ends the instance after it was ready. */
const GRACE_MS = 5_000

/** A start that should be refused: one that is not is stopped, with exit code 0. */
export async function startToEnd(settings: Settings): Promise<Outcome> {
  const start = await beginStart(settings)
  const ready = start.untilReady().then(
    () => pause(GRACE_MS, 'ready'),
    () => 'ended',
  )
  if ((await Promise.race([start.outcome, ready])) === 'ready') await start.stop()
  return await start.outcome
}

/** The one line that tells what is wrong; log lines of the start are before it. */
export function refusalIn({ err }: Outcome): string {
  const lines = err.split('\n').filter((line) => line.startsWith('error: '))
  if (lines.length !== 1) throw new Error(`${lines.length} lines say what is wrong: ${err}`)
  return lines[0]!
}

const ATTACKER = 'someone'
let ts = 1_700_000_000

async function observe(url: string, ids: readonly string[]): Promise<void> {
  const lines = ids.map((id) => observationLine(ATTACKER, { id, evidence_ref: id, ts: ts++ }))
  const headers = { 'content-type': 'application/x-ndjson' }
  const request = { method: 'POST', headers, body: lines.join('') }
  const answer = await fetch(`${url}/api/v1/observations`, request)
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
}

async function countOf(url: string): Promise<number> {
  const answer = await fetch(`${url}/api/v1/attackers/${ATTACKER}/attribution`)
  if (!answer.ok) return 0
  const { primitives } = (await answer.json()) as { primitives: { observation_count: number }[] }
  return primitives[0]?.observation_count ?? 0
}

/** 0: nothing answers. */
export async function readiness(url: string): Promise<number> {
  return await fetch(`${url}/readyz`).then(
    ({ status }) => status,
    () => 0,
  )
}
