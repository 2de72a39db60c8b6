import { createHash, randomBytes } from 'node:crypto'
import { Command, Option } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { printJson, printLine } from '../terminal.ts'

const TOKEN_BYTES = 32

/** `token create`: makes a token, and the digest to configure. The token is kept nowhere. */
export function tokenCommand({ terminal }: CommandContext): Command {
  const create = new Command('create')
    .description('make a random token; only its SHA-256 goes into the configuration')
    .addOption(
      new Option('--scope <scope>', 'what it will be allowed')
        .choices(['read', 'write', 'admin'])
        .default('read'),
    )
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples)
    .action(({ scope, json }: { scope: string; json?: true }) => {
      const token = randomBytes(TOKEN_BYTES).toString('base64url')
      const sha256 = createHash('sha256').update(token).digest('hex')
      if (json === true) {
        printJson(terminal.out, { token, sha256, scope })
        return
      }
      const { bold } = terminal.outColors
      printLine(terminal.out, `Token, shown only now:    ${bold(token)}`)
      printLine(
        terminal.out,
        `Configure its digest:     API_TOKENS_${scope.toUpperCase()}=${sha256}`,
      )
      printLine(terminal.out, `Clients send the token:   ATTRIBUTION_TOKEN=${token}`)
    })
  return new Command('token').description('make tokens for the HTTP interface').addCommand(create)
}

const examples = `
Examples:
  $ attribution-streams token create
  $ attribution-streams token create --scope write --json
`
