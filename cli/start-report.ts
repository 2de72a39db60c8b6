import path from 'node:path'
import { describeConfig } from './config/describe-config.ts'
import type { Resolution } from './config/resolve-config.ts'
import { count } from './quantities.ts'
import type { FedSample } from './sample/feed-sample.ts'
import type { SampleClusters } from './sample/sample-clusters.ts'
import { printJson, printLine, type Terminal } from './terminal.ts'

const DEFAULT_URL = 'http://127.0.0.1:8080'

/** What `start` tells of itself on standard output: to people, or as one JSON object a line. */
export class StartReport {
  readonly #terminal: Terminal
  readonly #json: boolean

  constructor(terminal: Terminal, json: boolean) {
    this.#terminal = terminal
    this.#json = json
  }

  /** The settings that are not defaults; all of them are in the log, and in `config check`. */
  settings(resolution: Resolution): void {
    if (this.#json) return
    const given = describeConfig(resolution).filter(({ source }) => source !== 'default')
    for (const { name, value, source } of given) this.#print(`${name}=${value} (${source})`)
    this.#print(`state in ${path.resolve(resolution.config.stateDir)}`)
  }

  listening(url: string, stateDir: string): void {
    if (this.#event('listening', { url, state_dir: stateDir })) return
    this.#print(`listening at ${this.#terminal.outColors.bold(url)}`)
  }

  running(restoredRecords: number): void {
    if (this.#event('running', { restored_records: restoredRecords })) return
    const restored = restoredRecords === 0 ? '' : `, ${count(restoredRecords)} records restored`
    this.#print(`all tasks run${restored}`)
  }

  sample(url: string, { fedNow, sample }: FedSample, clusters: SampleClusters): void {
    const { sharedAttackerUuid } = sample
    const { campaign, identity } = clusters
    const [observations, attackers] = [sample.observations.length, sample.attackers.length]
    const ids = {
      shared_attacker_uuid: sharedAttackerUuid,
      identity_uuid: identity,
      campaign_uuid: campaign,
    }
    if (this.#event('sample', { fed_now: fedNow, attackers, observations, ...ids })) return
    const { bold } = this.#terminal.outColors
    this.#print(
      '',
      bold('This is generated sample data; nobody was observed.'),
      `It has ${count(observations)} observations of ${attackers} attackers over a fortnight; one of`,
      'them is two people taking turns, some are one person at several addresses, and two people',
      `hand over to each other. ${fedNow ? 'It was fed just now.' : 'An earlier start fed it.'}`,
      '',
      'Try next, in another terminal:',
      `  curl -s ${url}/api/v1/multi-actor`,
      `  curl -s ${url}/api/v1/attackers/${sharedAttackerUuid}/attribution`,
      ...(identity === null ? [] : [`  curl -s ${url}/api/v1/identities/${identity}/observations`]),
      ...(campaign === null ? [] : [`  curl -s ${url}/api/v1/campaigns/${campaign}/identities`]),
      `  curl -sN ${url}/api/v1/events`,
      commandLine(url, `query attacker ${sharedAttackerUuid}`),
      commandLine(url, 'tail multi-actor'),
      '',
      'Ctrl-C stops. Without the sample: npx attribution-streams start',
    )
  }

  hints(url: string): void {
    if (this.#json) return
    this.#print(
      '',
      'Try next, in another terminal:',
      commandLine(url, 'ingest observations observations.jsonl'),
      commandLine(url, 'tail state-changed'),
      `  curl -s ${url}/api/v1/identities`,
      '',
      'Ctrl-C stops.',
    )
  }

  stopping(): void {
    if (!this.#json) printLine(this.#terminal.err, 'stopping')
  }

  stopped(): void {
    if (!this.#event('stopped', {})) this.#print('stopped; everything accepted is kept')
  }

  /** @returns whether events are told so */
  #event(event: string, details: Record<string, unknown>): boolean {
    if (this.#json) printJson(this.#terminal.out, { event, ...details })
    return this.#json
  }

  #print(...lines: string[]): void {
    for (const line of lines) printLine(this.#terminal.out, line)
  }
}

function commandLine(url: string, command: string): string {
  const where = url === DEFAULT_URL ? '' : ` --url ${url}`
  return `  npx attribution-streams ${command}${where}`
}
