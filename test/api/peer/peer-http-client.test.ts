import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { encodeRows, encodeValue } from '../../../api/peer/peer-frames.ts'
import { PeerHttpClient } from '../../../api/peer/peer-http-client.ts'
import { PEER_ANSWER_BYTES_MAX } from '../../../api/peer/peer-paths.ts'
import {
  answerSignatureHeader,
  claimOf,
  PeerSignature,
  signatureHeader,
} from '../../../api/peer/peer-signature.ts'
import { PeerUnavailableError, TaskNotHereError } from '../../../state/errors.ts'

const secret = 'a secret of the tests, of no use elsewhere'
const position = {
  taskId: '0_1',
  role: 'standby' as const,
  stale: true,
  stalenessMs: 12,
  lag: 3,
  inputs: [{ topic: 'in', partition: 1, offset: 7 }],
}
const request = { taskId: '0_1', store: 's', accepts: 'any', key: 'k' } as const
const range = { taskId: '0_1', store: 's', accepts: 'any', prefix: '', limit: 2 } as const

/** An endpoint where whoever listens does as he likes. */
async function endpointOf(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function client(): PeerHttpClient {
  const peers = new PeerHttpClient({ secret, tls: null, clock: Date.now })
  onTestFinished(() => peers.close())
  return peers
}

/** Answers as one who knows the secret. */
function answering(frame: Buffer, by = secret): RequestListener {
  return (incoming, response) => {
    incoming.resume().on('end', () => {
      const { nonce } = claimOf(incoming.headers[signatureHeader])!
      response.setHeader('content-type', 'application/octet-stream')
      response.setHeader(answerSignatureHeader, new PeerSignature(by).signAnswer(nonce, frame))
      response.end(frame)
    })
  }
}

const plainly = (answer: (response: ServerResponse) => void): RequestListener => {
  return (incoming, response) => void incoming.resume().on('end', () => answer(response))
}

test('a signed answer is taken, for one row and for many', async () => {
  const value = Buffer.from('value')
  const one = await endpointOf(answering(encodeValue({ value, position })))
  expect(await client().get(one, request, 5_000)).toEqual({ value, position })
  const rows = [
    ['a', value],
    ['b', Buffer.alloc(0)],
  ] as const
  const many = await endpointOf(answering(encodeRows({ rows, hasMore: true, position })))
  expect(await client().scan(many, range, 5_000)).toEqual({ rows, hasMore: true, position })
})

test('that the task is not there is told as such', async () => {
  const endpoint = await endpointOf(
    plainly((response) => {
      response.statusCode = 421
      response.end(JSON.stringify({ error: { code: 'TASK_NOT_HERE', message: 'moved' } }))
    }),
  )
  await expect(client().get(endpoint, request, 5_000)).rejects.toThrow(TaskNotHereError)
})

const ok = encodeValue({ value: Buffer.from('v'), position })
const other = { ...position, taskId: '0_2' }
const disordered = [
  ['b', Buffer.alloc(1)],
  ['a', Buffer.alloc(1)],
] as const

test.each<[string, RequestListener, RegExp]>([
  ['another secret', answering(ok, 'another secret, of the same length!!'), /not signed/],
  [
    'no signature',
    plainly((r) => r.setHeader('content-type', 'application/octet-stream').end(ok)),
    /not signed/,
  ],
  ['another task', answering(encodeValue({ value: undefined, position: other })), /another task/],
  ['a frame cut short', answering(ok.subarray(0, 9)), /no answer to what was asked/],
  ['bytes too many', answering(Buffer.concat([ok, ok])), /bytes too many/],
  ['a frame of tomorrow', answering(Buffer.from([99, 1, 2])), /version 99/],
  [
    'an owner who is stale',
    answering(encodeValue({ value: undefined, position: { ...position, role: 'active' } })),
    /stale/,
  ],
  ['garbage', plainly((r) => r.end('<html>hello</html>')), /answered 200/],
  [
    'a redirect',
    plainly((r) => r.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()),
    /answered 302/,
  ],
  ['an error of its own', plainly((r) => r.writeHead(500).end('x'.repeat(10_000))), /answered 500/],
  [
    'an end in the middle',
    plainly((r) => r.writeHead(200, { 'content-length': 99 }).write('x', () => r.destroy())),
    /./,
  ],
])('%s is no answer', async (_what, listener, why) => {
  const asked = client().get(await endpointOf(listener), request, 5_000)
  await expect(asked).rejects.toThrow(PeerUnavailableError)
  await expect(asked).rejects.toThrow(why)
})

test.each([
  [
    'more than were asked for',
    encodeRows({
      rows: [
        ['a', ok],
        ['b', ok],
        ['c', ok],
      ],
      hasMore: false,
      position,
    }),
  ],
  ['not in order', encodeRows({ rows: disordered, hasMore: false, position })],
  ['none, and more to come', encodeRows({ rows: [], hasMore: true, position })],
])('rows %s are no answer', async (_what, frame) => {
  const endpoint = await endpointOf(answering(frame))
  await expect(client().scan(endpoint, range, 5_000)).rejects.toThrow(PeerUnavailableError)
})

test('rows that were not asked for are no answer', async () => {
  const frame = encodeRows({ rows: [['b', ok]], hasMore: false, position })
  const endpoint = await endpointOf(answering(frame))
  for (const asked of [{ prefix: 'a' }, { prefix: '', after: 'b' }]) {
    const scan = client().scan(endpoint, { ...range, ...asked }, 5_000)
    await expect(scan).rejects.toThrow('not asked for')
  }
})

test('who says nothing, or does not come to an end, is not waited for beyond the deadline', async () => {
  const silent = await endpointOf(() => undefined)
  await expect(client().get(silent, request, 60)).rejects.toThrow('no answer within 60 ms')
  const endless = await endpointOf(plainly((response) => void response.writeHead(200).write('x')))
  await expect(client().get(endless, request, 60)).rejects.toThrow('no answer within 60 ms')
})

test('an answer too large to hold ends its connection', async () => {
  let sent = 0
  const endpoint = await endpointOf(
    plainly((response) => {
      const piece = Buffer.alloc(1024 * 1024)
      const more = () => {
        if (response.destroyed) return
        sent += piece.length
        response.write(piece, more)
      }
      more()
    }),
  )
  await expect(client().get(endpoint, request, 20_000)).rejects.toThrow('bytes')
  expect(sent).toBeLessThan(4 * PEER_ANSWER_BYTES_MAX)
})

test('nobody listens there: said at once', async () => {
  await expect(client().get('127.0.0.1:1', request, 5_000)).rejects.toThrow('ECONNREFUSED')
})

test.each([
  '',
  'nowhere',
  'host',
  'ftp://host:21',
  'http://host:80/path',
  'http://u:p@host:80',
  'http://host:99999',
  `${'h'.repeat(600)}:1`,
])('an endpoint that is no place is not asked: %s', async (endpoint) => {
  await expect(client().get(endpoint, request, 5_000)).rejects.toThrow('is no http(s)://host:port')
})

test('without secret and without TLS nobody is asked', async () => {
  const peers = new PeerHttpClient({ secret: null, tls: null, clock: Date.now })
  await expect(peers.get('http://127.0.0.1:1', request, 5_000)).rejects.toThrow('is not asked')
})
