import { expect, test } from 'vitest'
import {
  answerSignatureHeader,
  PeerSignature,
  signatureHeader,
  SKEW_MS,
} from '../../../api/peer/peer-signature.ts'
import { decodeValue } from '../../../api/peer/peer-frames.ts'
import { TaskNotHereError } from '../../../state/errors.ts'
import type { PeerGet, PeerService } from '../../../state/peer-port.ts'
import { apiUnderTest, testNowMs } from '../../support/api-under-test.ts'

const secret = 'a secret of the tests, of no use elsewhere'
const position = {
  taskId: '0_1',
  role: 'active' as const,
  stale: false,
  stalenessMs: 0,
  lag: 3,
  inputs: [{ topic: 'in', partition: 1, offset: 7 }],
}

class NotedService implements PeerService {
  readonly asked: PeerGet[] = []

  get(request: PeerGet) {
    this.asked.push(request)
    if (request.taskId === '9_9') return Promise.reject(new TaskNotHereError('not here'))
    return Promise.resolve({ value: Buffer.from([1, 2, 3]), position })
  }

  scan() {
    return Promise.resolve({ rows: [], hasMore: false, position })
  }
}

const path = '/internal/v1/get'
const question = { task: '0_1', store: 's', accepts: 'active', key: 'a2V5' }

function peerApi(tokens: NonNullable<Parameters<typeof apiUnderTest>[0]>['tokens'] = []) {
  const service = new NotedService()
  const { app, log } = apiUnderTest({ peer: { secret, byCertificate: false, service }, tokens })
  const post = (body: object, header: string | null, url = path) =>
    app.inject({
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        ...(header === null ? {} : { [signatureHeader]: header }),
      },
      payload: JSON.stringify(body),
    })
  return { service, post, log, app }
}

const signed = (body: object, by = secret, nowMs = testNowMs, url = path) =>
  new PeerSignature(by).sign(nowMs, url, Buffer.from(JSON.stringify(body)))

test('a signed question is answered with bytes, signed for its nonce', async () => {
  const { post, service } = peerApi()
  const { header, nonce } = signed(question)
  const { headers, rawPayload, statusCode } = await post(question, header)
  expect([statusCode, headers['content-type']]).toEqual([200, 'application/octet-stream'])
  expect(service.asked).toEqual([{ taskId: '0_1', store: 's', accepts: 'active', key: 'key' }])
  expect(decodeValue(rawPayload, '0_1')).toEqual({ position, value: Buffer.from([1, 2, 3]) })
  const proof = String(headers[answerSignatureHeader])
  expect(new PeerSignature(secret).isAnswer(nonce, rawPayload, proof)).toBe(true)
  expect(new PeerSignature(secret).isAnswer(nonce, rawPayload.subarray(1), proof)).toBe(false)
})

test('tokens of clients are not asked of peers, nor do they open the way for others', async () => {
  const sha256 = '0'.repeat(64)
  const { app, post } = peerApi([{ name: 't', sha256, scopes: ['admin'] }])
  expect((await post(question, signed(question).header)).statusCode).toBe(200)
  expect((await post(question, null)).statusCode).toBe(401)
  expect((await app.inject('/api/v1/stores')).statusCode).toBe(401)
})

test.each([
  ['no signature', null],
  ['no signature of ours', 'Bearer xyz'],
  ['another secret', signed(question, 'another secret, of the same length!').header],
  ['the body of another question', signed({ ...question, store: 't' }).header],
  ['the path of another question', signed(question, secret, testNowMs, '/internal/v1/scan').header],
])('%s is refused with 401 before anything is read', async (_what, header) => {
  const { post, service } = peerApi()
  const { body, headers, statusCode } = await post(question, header)
  expect([statusCode, headers['www-authenticate']]).toEqual([401, 'Bearer'])
  expect(body).not.toContain(secret)
  expect(service.asked).toEqual([])
})

test('a recorded question is worth nothing later; clocks too far apart are told', async () => {
  const { post, service } = peerApi()
  const { header } = signed(question, secret, testNowMs - SKEW_MS - 1000)
  const { body, statusCode } = await post(question, header)
  expect([statusCode, service.asked]).toEqual([401, []])
  expect(body).toContain('clocks of the two instances are 301 s apart')
})

test('a question without a body is refused as well', async () => {
  const { app, service } = peerApi()
  const { header } = new PeerSignature(secret).sign(testNowMs, path, Buffer.alloc(0))
  const headers = { [signatureHeader]: header }
  const { statusCode } = await app.inject({ method: 'POST', url: path, headers })
  expect([statusCode, service.asked]).toEqual([401, []])
})

test('a task that is not here is 421, which leads the asker on', async () => {
  const { post } = peerApi()
  const body = { ...question, task: '9_9' }
  const { statusCode, ...answer } = await post(body, signed(body).header)
  expect([statusCode, answer.json()]).toMatchObject([421, { error: { code: 'TASK_NOT_HERE' } }])
})

test.each([
  { ...question, task: '../etc' },
  { ...question, accepts: 'all' },
  { ...question, key: 'not base64!' },
  { ...question, forward: 'http://elsewhere' },
  { task: '0_1' },
])('a signed question of the wrong shape is 400: %o', async (body) => {
  const { post, service } = peerApi()
  const { statusCode } = await post(body, signed(body).header)
  expect([statusCode, service.asked]).toEqual([400, []])
})

test('without a secret or certificates the routes do not exist', async () => {
  const { app } = apiUnderTest()
  const { statusCode } = await app.inject({ method: 'POST', url: path, payload: {} })
  expect(statusCode).toBe(404)
})
