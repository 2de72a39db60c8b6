import { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { refusal, type InstanceClient } from '../http/instance-client.ts'
import { addInstanceOptions, connect } from '../instance-options.ts'
import { count, moment } from '../quantities.ts'
import { printJson, printLine, visible, type Terminal } from '../terminal.ts'
import { textTable } from '../text-table.ts'

interface WorkerBody {
  readonly worker: string
  readonly status: string
  readonly told: { readonly action: string; readonly requested_by: string } | null
  readonly last_pass_ts: number | null
  readonly pending: number
  readonly members: number
  readonly groups: number
  readonly failures: number
}

interface ToldBody {
  readonly positions: readonly {
    readonly topic: string
    readonly partition: number
    readonly offset: number
  }[]
}

const actions = [
  ['pause', 'take everything in, announce nothing'],
  ['resume', 'announce what is pending, and go on'],
  ['run', 'make a pass at once, also of a paused worker, which stays paused'],
] as const

/** `worker status|pause|resume|run NAME`: how the clusterers are, and telling them what to do. */
export function workerCommand(context: CommandContext): Command {
  const worker = new Command('worker')
    .description('look at the workers identify and campaign, and tell them what to do')
    .addCommand(statusCommand(context))
  for (const [action, description] of actions) {
    worker.addCommand(actionCommand(action, description, context))
  }
  return worker
}

function statusCommand(context: CommandContext): Command {
  const command = new Command('status')
    .description('how the workers are, or one of them')
    .argument('[name]', 'identify or campaign')
    .option('--json', 'print the answer as one JSON document')
    .addHelpText('after', statusExamples)
    .action(async (name: string | undefined, { json }: { json?: true }) => {
      const client = await connect(command, context)
      try {
        const path = name === undefined ? '/api/v1/workers' : pathOf(name)
        const body = await answered(client, path)
        const shown = name === undefined ? (body as { workers: WorkerBody[] }).workers : [body]
        if (json === true) printJson(context.terminal.out, body)
        else printWorkers(context.terminal, shown as WorkerBody[])
      } finally {
        client.close()
      }
    })
  return addInstanceOptions(command)
}

function actionCommand(action: string, description: string, context: CommandContext): Command {
  const command = new Command(action)
    .description(description)
    .argument('<name>', 'identify or campaign')
    .option('--json', 'print the answer as one JSON document')
    .addHelpText('after', actionExamples(action))
    .action(async (name: string, { json }: { json?: true }) => {
      const client = await connect(command, context)
      try {
        const told = await tell(client, name, action)
        if (json === true) {
          printJson(context.terminal.out, told)
          return
        }
        const worker = await answered(client, `${pathOf(name)}?min_position=${placeOf(told)}`)
        printWorkers(context.terminal, [worker as WorkerBody])
      } finally {
        client.close()
      }
    })
  return addInstanceOptions(command)
}

function pathOf(name: string): string {
  return `/api/v1/workers/${encodeURIComponent(name)}`
}

async function answered(client: InstanceClient, path: string): Promise<unknown> {
  const answer = await client.call({ method: 'GET', path })
  if (answer.status !== 200) throw refusal(answer)
  return answer.body
}

async function tell(client: InstanceClient, name: string, action: string): Promise<ToldBody> {
  const answer = await client.call({
    method: 'POST',
    path: `${pathOf(name)}/control`,
    contentType: 'application/json',
    body: Buffer.from(JSON.stringify({ action })),
  })
  if (answer.status !== 200) throw refusal(answer)
  return answer.body as ToldBody
}

function placeOf({ positions }: ToldBody): string {
  return positions.map(({ offset, partition, topic }) => `${topic}:${partition}:${offset}`).join()
}

function printWorkers({ out, outColors }: Terminal, workers: readonly WorkerBody[]): void {
  if (workers.length === 0) {
    printLine(out, 'no workers: this instance has no clusterer')
    return
  }
  const rows = workers.map((each) => [
    visible(each.worker),
    each.status,
    each.told === null ? '-' : visible(`${each.told.action} by ${each.told.requested_by}`),
    each.last_pass_ts === null ? '-' : moment(each.last_pass_ts),
    count(each.pending),
    count(each.members),
    count(each.groups),
    count(each.failures),
  ])
  for (const line of textTable(columns, rows, outColors.bold)) printLine(out, line)
}

const columns = [
  { title: 'WORKER' },
  { title: 'STATUS' },
  { title: 'TOLD' },
  { title: 'LAST PASS' },
  { title: 'PENDING', align: 'right' },
  { title: 'MEMBERS', align: 'right' },
  { title: 'GROUPS', align: 'right' },
  { title: 'FAILURES', align: 'right' },
] as const

const statusExamples = `
Examples:
  $ attribution-streams worker status
  $ attribution-streams worker status identify --json | jq .pending

Members are attackers (identify) or identities (campaign); groups what was made of them.
`

function actionExamples(action: string): string {
  return `
Examples:
  $ attribution-streams worker ${action} identify
  $ attribution-streams worker ${action} campaign --json

The command is kept: it outlives restarts. Needs a token of the scope admin where tokens are set.
`
}
