import { ConfigError } from './config/config-error.ts'
import { flagOf, type ResolvedConfig } from './config/settings.ts'
import { CommandFailure, exitCodes } from './failure.ts'

type Remedy = (config: ResolvedConfig) => string

/** What to do about the errors that a start is known to meet, by their stable code. */
const remedies: Readonly<Record<string, Remedy>> = {
  BROKER_RETRIABLE: ({ bootstrapServers }) =>
    `no Kafka broker can be used at ${bootstrapServers}: start it, or correct BOOTSTRAP_SERVERS`,
  STATE_LOCKED: ({ stateDir }) =>
    `another process runs on ${stateDir}: stop it, or choose another STATE_DIR`,
  STATE_FORMAT: ({ stateDir }) =>
    `${stateDir} is of a newer version or of another program: choose another STATE_DIR`,
  STATE_WRITE: ({ stateDir }) =>
    `${stateDir} cannot be written: make room or give permission, or choose another STATE_DIR`,
  SCHEMA_REGISTRY_UNAVAILABLE: ({ schemaRegistryUrl }) =>
    `no schema registry answers at ${schemaRegistryUrl}: start it, or correct SCHEMA_REGISTRY_URL`,
  EADDRINUSE: ({ host, port }) =>
    `${host}:${port} is in use: stop what listens there, or choose another with ${flagOf('port')}`,
  EADDRNOTAVAIL: ({ host }) => `${host} is no address of this machine: choose another HOST`,
  ENOTFOUND: ({ host }) => `${host} is not known: choose another HOST`,
  EACCES: ({ host, port, stateDir }) =>
    `no permission to listen at ${host}:${port} or to write in ${stateDir}`,
}

/** Codes of errors that only another configuration mends. */
const misuse = new Set([
  'RUNTIME_CONFIG',
  'TOKEN_CONFIG',
  'UNSAFE_BINDING',
  'SCHEMA_REGISTRY',
  'SCHEMA_INCOMPATIBLE',
])

/** An error of the start in words that lead on; what is unforeseen stays as it is. */
export function startFailure(error: unknown, config: ResolvedConfig): unknown {
  if (!(error instanceof Error) || error instanceof ConfigError) return error
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined) return error
  const exitCode = misuse.has(code) || code.startsWith('TOPOLOGY_') ? exitCodes.misused : null
  if (exitCode !== null) return new CommandFailure(error.message, { cause: error, exitCode })
  const remedy = remedies[code]
  if (remedy === undefined) return error
  return new CommandFailure(`${remedy(config)} (${error.message})`, { cause: error })
}
