import type { Command } from 'commander'
import type { CommandContext } from './command-context.ts'
import { addConfigOptions, resolveFor } from './config-options.ts'
import type { ResolvedConfig } from './config/settings.ts'
import { InstanceClient } from './http/instance-client.ts'

/** Adds the options of commands that speak to a running instance. */
export function addInstanceOptions(command: Command): Command {
  command.option('--url <url>', 'the running instance (default: http://HOST:PORT)')
  return addConfigOptions(command, ['host', 'port', 'attributionToken'])
}

/** @throws {ConfigError} @throws {CommandFailure} not a URL */
export async function connect(command: Command, context: CommandContext): Promise<InstanceClient> {
  const { config } = await resolveFor(command, context)
  const url: unknown = command.getOptionValue('url')
  return new InstanceClient(typeof url === 'string' ? url : urlOf(config), config.attributionToken)
}

/** Where clients on this machine reach an instance with that configuration. */
export function urlOf({ host, port }: Pick<ResolvedConfig, 'host' | 'port'>): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${reachable.includes(':') ? `[${reachable.replace(/[[\]]/g, '')}]` : reachable}:${port}`
}
