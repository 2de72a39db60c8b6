import { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../failure.ts'
import { refusal, type InstanceClient } from '../http/instance-client.ts'
import { addInstanceOptions, connect } from '../instance-options.ts'
import { count, moment } from '../quantities.ts'
import { printJson, printLine, visible, type Terminal } from '../terminal.ts'
import { textTable } from '../text-table.ts'

interface Attribution {
  readonly identity_uuid: string | null
  readonly primitives: readonly {
    readonly primitive: string
    readonly current_value: unknown
    readonly state: string
    readonly confidence: number
    readonly observation_count: number
    readonly last_observation_ts: number
  }[]
  readonly meta: { readonly lag: number }
}

/** `query attacker|identity ID`: who is behind it, and what those hands do. */
export function queryCommand(context: CommandContext): Command {
  const attacker = lookup('attacker', 'the identity of an attacker, and its profile', context)
  const identity = lookup('identity', 'the profile of an identity', context)
  return new Command('query')
    .description('ask a running instance')
    .addCommand(attacker)
    .addCommand(identity)
}

function lookup(what: 'attacker' | 'identity', description: string, context: CommandContext) {
  const command = new Command(what)
    .description(description)
    .argument('<id>', `uuid of the ${what}`)
    .option('--json', 'print the answer as one JSON document')
    .addHelpText('after', examplesOf(what))
    .action(async (id: string, { json }: { json?: true }) => {
      const client = await connect(command, context)
      try {
        const attribution = await fetchAttribution(client, what, id)
        if (json === true) printJson(context.terminal.out, attribution)
        else printAttribution(context.terminal, what, id, attribution)
        if (attribution.identity_uuid === null) context.exitWith(exitCodes.failed)
      } finally {
        client.close()
      }
    })
  return addInstanceOptions(command)
}

async function fetchAttribution(
  client: InstanceClient,
  what: 'attacker' | 'identity',
  id: string,
): Promise<Attribution> {
  const family = what === 'attacker' ? 'attackers' : 'identities'
  const path = `/api/v1/${family}/${encodeURIComponent(id)}/attribution`
  const answer = await client.call({ method: 'GET', path })
  if (answer.status !== 200) throw refusal(answer)
  return answer.body as Attribution
}

function printAttribution(
  { out, outColors }: Terminal,
  what: string,
  id: string,
  { identity_uuid, primitives, meta }: Attribution,
): void {
  if (identity_uuid === null) {
    printLine(out, `${what} ${visible(id)} was never observed`)
    return
  }
  printLine(out, `identity  ${outColors.bold(visible(identity_uuid))}`)
  if (meta.lag > 0) printLine(out, `lag       ${count(meta.lag)} records not yet in this answer`)
  const rows = primitives.map((row) => [
    visible(row.primitive),
    row.state,
    visible(textOf(row.current_value)),
    row.confidence.toFixed(2),
    count(row.observation_count),
    moment(row.last_observation_ts),
  ])
  const paint = (line: string, row: number): string =>
    primitives[row]?.state === 'multi_actor' ? outColors.red(line) : line
  for (const line of textTable(columns, rows, outColors.bold, paint)) printLine(out, line)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const columns = [
  { title: 'PRIMITIVE' },
  { title: 'STATE' },
  { title: 'VALUE' },
  { title: 'CONFIDENCE', align: 'right' },
  { title: 'OBSERVATIONS', align: 'right' },
  { title: 'LAST OBSERVED' },
] as const

function examplesOf(what: string): string {
  return `
Examples:
  $ attribution-streams query ${what} 7f3f6b1c0e5e4a5a9a5d1c2b3e4f5a6b
  $ attribution-streams query ${what} 7f3f6b1c0e5e4a5a9a5d1c2b3e4f5a6b --json | jq .primitives

Exit code 1: no such ${what}, or no answer.
`
}
