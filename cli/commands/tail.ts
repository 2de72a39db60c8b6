import { Command, InvalidArgumentError } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { eventText } from '../event-text.ts'
import { CommandFailure } from '../failure.ts'
import { refusal, type InstanceClient } from '../http/instance-client.ts'
import { serverEvents, type ServerEvent } from '../http/server-events.ts'
import { addInstanceOptions, connect } from '../instance-options.ts'
import { printLine, visible, type Terminal } from '../terminal.ts'

interface Watched {
  readonly name: string
  readonly description: string
  readonly types: readonly string[]
  /** One that all of them have, for an example. */
  readonly field: string
}

const watched: readonly Watched[] = [
  {
    name: 'state-changed',
    description: 'state changes of primitives, as they are committed',
    types: ['attribution.state_changed'],
    field: 'identity_uuid',
  },
  {
    name: 'multi-actor',
    description: 'alerts that more than one pair of hands is behind an identity, and their end',
    types: ['attribution.multi_actor_suspected', 'attribution.multi_actor_cleared'],
    field: 'identity_uuid',
  },
  {
    name: 'identities',
    description: 'identities as they form, gain attackers, merge and part, and find campaigns',
    types: [
      'identity.formed',
      'identity.observation.linked',
      'identity.merged',
      'identity.unmerged',
      'identity.campaign.assigned',
    ],
    field: 'type',
  },
  {
    name: 'campaigns',
    description: 'campaigns as they form, gain identities, merge and part',
    types: [
      'campaign.formed',
      'campaign.identity.assigned',
      'campaign.merged',
      'campaign.unmerged',
    ],
    field: 'type',
  },
]

/** `tail state-changed|multi-actor|identities|campaigns`: what is committed from now on, a line each. */
export function tailCommand(context: CommandContext): Command {
  const tail = new Command('tail').description('watch a running instance')
  for (const each of watched) tail.addCommand(watch(each, context))
  return tail
}

interface TailOptions {
  readonly json?: true
  readonly count?: number
}

function watch({ name, description, field, types }: Watched, context: CommandContext): Command {
  const command = new Command(name)
    .description(description)
    .option('--json', 'print one JSON object a line')
    .option('--count <n>', 'end after so many events', positive)
    .addHelpText('after', examplesOf(name, field))
    .action(async (options: TailOptions) => {
      const client = await connect(command, context)
      const signal = context.interruption()
      try {
        await follow(client, types, options, context.terminal, signal)
      } catch (error) {
        if (!signal.aborted) throw error
      } finally {
        client.close()
      }
    })
  return addInstanceOptions(command)
}

async function follow(
  client: InstanceClient,
  types: readonly string[],
  { json, count = Infinity }: TailOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const path = `/api/v1/events?types=${types.join(',')}`
  const response = await client.open({ method: 'GET', path, accept: 'text/event-stream', signal })
  if (response.statusCode !== 200) {
    const chunks: Buffer[] = []
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
    const status = response.statusCode ?? 0
    throw refusal({ status, body: parsed(Buffer.concat(chunks).toString()) })
  }
  let shown = 0
  for await (const event of serverEvents(response)) {
    if (!printEvent(terminal, event, types, json === true)) continue
    if (++shown >= count) return
  }
  throw new CommandFailure('the stream ended: the instance has shut down')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** @returns whether it was one of the events asked for */
function printEvent(
  terminal: Terminal,
  { type, data }: ServerEvent,
  types: readonly string[],
  json: boolean,
): boolean {
  if (type === 'overflow') {
    printLine(terminal.err, `this reader is too slow: events were dropped (${visible(data)})`)
    return false
  }
  if (!types.includes(type)) return false
  const value = JSON.parse(data) as Record<string, unknown>
  const line = json ? JSON.stringify({ type, ...value }) : eventText(type, value, terminal)
  printLine(terminal.out, line)
  return true
}

function positive(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('expected a whole number, at least 1')
  }
  return value
}

function examplesOf(name: string, field: string): string {
  return `
Examples:
  $ attribution-streams tail ${name}
  $ attribution-streams tail ${name} --json | jq .${field}
  $ attribution-streams tail ${name} --count 1

Events committed before the start are not shown. Exit code 1: the instance went away.
`
}
