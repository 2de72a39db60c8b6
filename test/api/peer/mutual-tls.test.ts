import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApiTls } from '../../../api/options.ts'
import { partitionForText } from '../../../bytes/murmur2.ts'
import { makeCertificates } from '../../support/kafka/certificates.ts'
import { HttpGroup } from '../../support/queried-group.ts'
import { removeFolder, temporaryFolder } from '../../support/running-instance.ts'

/** Instances that know each other by certificates, without a shared secret. */

let folder: string
let tls: ApiTls
let strangers: ApiTls
beforeAll(async () => {
  folder = await temporaryFolder()
  const { authority, brokerFile, strangerAuthority } = await makeCertificates(folder)
  const pem = await readFile(brokerFile, 'utf8')
  tls = { cert: pem, key: pem, clientCa: authority }
  strangers = { ...tls, clientCa: strangerAuthority }
})
afterAll(() => removeFolder(folder))

const key = 'key'
const partition = partitionForText(key, 4)

test('certificates of one authority open the way between instances', async () => {
  const group = await HttpGroup.start(2, { secret: null, tls })
  const written = await group.append([key])
  const { other } = group.ownerOf(partition)
  const { body, status } = await other.count(key, `?min_position=${written}`)
  expect([status, body.value, body.meta.stale]).toEqual([200, 1, false])
})

test('an instance that believes another authority neither asks nor answers', async () => {
  const group = await HttpGroup.start(2, (i) => ({ secret: null, tls: i === 0 ? tls : strangers }))
  const { other } = group.ownerOf(partition)
  expect((await other.count(key)).status).toBe(503)
})

test('clients come in without a certificate, to the routes of peers they do not', async () => {
  const group = await HttpGroup.start(1, { secret: null, tls })
  const { url } = group.members[0]!
  expect(await statusOf(`${url}/api/v1/stores`, 'GET')).toBe(200)
  expect(await statusOf(`${url}/internal/v1/get`, 'POST')).toBe(401)
})

function statusOf(url: string, method: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const body = method === 'POST' ? '{}' : undefined
    const outgoing = request(url, { method, headers, ca: tls.clientCa!, agent: false })
    outgoing.on('response', (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
