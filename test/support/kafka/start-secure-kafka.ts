import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Properties } from './broker-properties.ts'
import { makeCertificates, type Certificates } from './certificates.ts'
import { startJavaKafka } from './java-kafka.ts'
import type { RunningKafka } from './running-kafka.ts'

/** Name and password; `alice` may do everything, `limited` what a test allows it. */
export const plainUsers = { alice: 'alice-secret', limited: 'limited-secret' } as const
/** The same under both SCRAM mechanisms; may do everything. */
export const scramUser = { username: 'carol', password: 'carol-secret' } as const

/**
 * A broker with access control (StandardAuthorizer) and these listeners:
 *
 * - PLAINTEXT: no TLS, no names; whoever comes may do everything (the tests' own tools)
 * - SASL_SSL: TLS and SASL PLAIN
 * - SCRAM: TLS and SCRAM-SHA-256 or SCRAM-SHA-512
 * - EXPIRED: as SASL_SSL, with a certificate that ended yesterday
 */
export interface SecureKafka {
  readonly kafka: RunningKafka
  readonly certificates: Certificates
  dispose(): Promise<void>
}

export async function startSecureKafka(): Promise<SecureKafka> {
  const directory = await mkdtemp(path.join(tmpdir(), 'attribution-secure-'))
  const removeDirectory = (): Promise<void> => rm(directory, { recursive: true, force: true })
  try {
    const certificates = await makeCertificates(directory)
    const kafka = await startSecuredBroker(certificates)
    const dispose = async (): Promise<void> => {
      await kafka.dispose()
      await removeDirectory()
    }
    return { kafka, certificates, dispose }
  } catch (error) {
    await removeDirectory()
    throw error
  }
}

async function startSecuredBroker(certificates: Certificates): Promise<RunningKafka> {
  return await startJavaKafka({
    listeners: [
      { name: 'SASL_SSL' },
      { name: 'SCRAM', protocol: 'SASL_SSL' },
      { name: 'EXPIRED', protocol: 'SASL_SSL' },
    ],
    formatOptions: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${scramUser.username},password=${scramUser.password}]`,
    ]),
    properties: {
      ...keyProperties(certificates),
      ...plainProperties('sasl_ssl'),
      ...plainProperties('expired'),
      ...scramProperties(),
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': `User:ANONYMOUS;User:alice;User:${scramUser.username}`,
    },
  })
}

function keyProperties({ brokerFile, expiredBrokerFile }: Certificates): Properties {
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': brokerFile,
    'ssl.client.auth': 'none',
    'listener.name.expired.ssl.keystore.type': 'PEM',
    'listener.name.expired.ssl.keystore.location': expiredBrokerFile,
  }
}

const login = (module: string, options = ''): string =>
  `org.apache.kafka.common.security.${module} required${options};`

function plainProperties(listener: string): Properties {
  const users = Object.entries(plainUsers).map(([name, password]) => ` user_${name}="${password}"`)
  const prefix = `listener.name.${listener}`
  return {
    [`${prefix}.sasl.enabled.mechanisms`]: 'PLAIN',
    [`${prefix}.plain.sasl.jaas.config`]: login('plain.PlainLoginModule', users.join('')),
  }
}

function scramProperties(): Properties {
  const scramLogin = login('scram.ScramLoginModule')
  return {
    'listener.name.scram.sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.scram.scram-sha-256.sasl.jaas.config': scramLogin,
    'listener.name.scram.scram-sha-512.sasl.jaas.config': scramLogin,
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
  }
}
