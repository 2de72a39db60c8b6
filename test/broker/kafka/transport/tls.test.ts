import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TlsOptions } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { FatalBrokerError } from '../../../../broker/errors.ts'
import {
  type Security,
  tlsConnectOptions,
  type TlsSettings,
} from '../../../../broker/kafka/transport/security.ts'
import { SocketLane } from '../../../../broker/kafka/transport/socket-lane.ts'
import { apiVersions } from '../../../../broker/kafka/wire/api-versions.ts'
import { type Certificates, makeCertificates } from '../../../support/kafka/certificates.ts'
import { answerTo, ScriptedBroker } from '../../../support/scripted-broker.ts'
import * as recorded from '../wire/recorded-bodies.ts'

/** The certificate is for 127.0.0.1; this is the same machine by another name. */
const OTHER_HOST = '127.0.0.2'

describe('a lane over TLS', () => {
  let directory: string
  let certificates: Certificates
  let broker: string
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'attribution-tls-'))
    certificates = await makeCertificates(directory)
    broker = await readFile(certificates.brokerFile, 'utf8')
  })
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  const open: { close(): Promise<void> }[] = []
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close()
  })

  /** @returns the api keys that the broker speaks */
  const ask = async (host: string, ssl: TlsSettings, over: TlsOptions = {}): Promise<number> => {
    const server = await ScriptedBroker.listen(
      (request) => {
        request.socket.write(answerTo(request, Buffer.from(recorded.apiVersions.answer, 'hex')))
      },
      { key: broker, cert: broker, ...over },
      host,
    )
    const security: Security = { protocol: 'SSL', ssl }
    const lane = new SocketLane(
      () => ({ host, port: server.port }),
      {
        clientId: 'tester',
        protocol: 'SSL',
        tls: tlsConnectOptions(security),
        sasl: null,
        connectTimeoutMs: 5_000,
        requestTimeoutMs: 5_000,
      },
      () => undefined,
    )
    open.push(lane, server)
    return (await lane.call(apiVersions, null)).ranges.size
  }

  it('trusts a certificate of the given authority', async () => {
    expect(await ask('127.0.0.1', { ca: certificates.authority })).toBeGreaterThan(50)
    const several = [certificates.strangerAuthority, certificates.authority]
    expect(await ask('127.0.0.1', { ca: several })).toBeGreaterThan(50)
  })

  it('does not trust a certificate for another host, unless told to', async () => {
    const ca = certificates.authority
    const refused = ask(OTHER_HOST, { ca })
    await expect(refused).rejects.toThrow(FatalBrokerError)
    await expect(refused).rejects.toThrow(/for another host.*BOOTSTRAP_SERVERS/)
    expect(await ask(OTHER_HOST, { ca, checkHostname: false })).toBeGreaterThan(50)
  })

  it('does not trust a strange authority, even when the host does not matter', async () => {
    const ca = certificates.strangerAuthority
    const refused = ask('127.0.0.1', { ca, checkHostname: false })
    await expect(refused).rejects.toThrow(/authority that is not trusted/)
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'shows its own certificate to a broker that wants one, by %s',
    async (version) => {
      const ca = certificates.authority
      const mutual = {
        ca,
        requestCert: true,
        rejectUnauthorized: true,
        minVersion: version,
        maxVersion: version,
      }
      expect(await ask('127.0.0.1', { ca, cert: broker, key: broker }, mutual)).toBeGreaterThan(50)
      const refused = ask('127.0.0.1', { ca }, mutual)
      await expect(refused).rejects.toThrow(/SSL_CERTIFICATE_LOCATION and SSL_KEY_LOCATION/)
    },
  )
})
