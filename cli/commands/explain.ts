import { Command, InvalidArgumentError } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { printExplanation, type Explanation } from '../explanation-text.ts'
import { refusal, type InstanceClient } from '../http/instance-client.ts'
import { addInstanceOptions, connect } from '../instance-options.ts'
import { printJson } from '../terminal.ts'

interface ExplainFlags {
  readonly attackers?: readonly [string, string]
  readonly json?: true
}

/** `explain identity ID`: why attackers are one identity, or are not. */
export function explainCommand(context: CommandContext): Command {
  return new Command('explain')
    .description('say why attackers are one identity, or are not')
    .addCommand(identityCommand(context))
}

function identityCommand(context: CommandContext): Command {
  const command = new Command('identity')
    .description('what holds an identity together; or what two attackers have in common')
    .argument('<id>', 'uuid of the identity, as query attacker tells it')
    .option('--attackers <a,b>', 'about these two attackers, of any identities', twoAttackers)
    .option('--json', 'print the answer as one JSON document')
    .addHelpText('after', examples)
    .action(async (id: string, { attackers, json }: ExplainFlags) => {
      const client = await connect(command, context)
      try {
        const explanation = await fetchExplanation(client, id, attackers)
        if (json === true) printJson(context.terminal.out, explanation)
        else printExplanation(context.terminal, explanation)
      } finally {
        client.close()
      }
    })
  return addInstanceOptions(command)
}

function twoAttackers(text: string): readonly [string, string] {
  const [a = '', b = '', ...others] = text.split(',').map((each) => each.trim())
  if (a === '' || b === '' || a === b || others.length > 0) {
    throw new InvalidArgumentError('expected two attackers, such as 7f3f6b1c,0e5e4a5a')
  }
  return [a, b]
}

async function fetchExplanation(
  client: InstanceClient,
  id: string,
  attackers: ExplainFlags['attackers'],
): Promise<Explanation> {
  const asked = attackers === undefined ? '' : `?attackers=${encodeURIComponent(attackers.join())}`
  const path = `/api/v1/identities/${encodeURIComponent(id)}/explain${asked}`
  const answer = await client.call({ method: 'GET', path })
  if (answer.status !== 200) throw refusal(answer)
  return answer.body as Explanation
}

const examples = `
Examples:
  $ attribution-streams explain identity 7f3f6b1c0e5e4a5a9a5d1c2b3e4f5a6b
  $ attribution-streams explain identity 7f3f6b1c0e5e4a5a9a5d1c2b3e4f5a6b --attackers a1,a2
  $ attribution-streams explain identity 7f3f6b1c0e5e4a5a9a5d1c2b3e4f5a6b --json | jq .identity.pairs

Exit code 1: no such identity or attacker, or no answer.
`
