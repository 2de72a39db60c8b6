import { connect } from 'node:net'
import { createGzip } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { apiUnderTest, listen } from '../support/api-under-test.ts'
import { observationLine, observationLines } from '../support/observation-lines.ts'
import { RawUpload } from '../support/raw-upload.ts'

const topic = 'attacker.observation'
const path = '/api/v1/observations'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('a log that is busy holds the client back, with two batches in memory', async () => {
  const limits = { appendRecordsMax: 50 }
  const { app, ingest } = apiUnderTest({ limits })
  const { url } = await listen(app)
  ingest.hold()
  const upload = new RawUpload(url + path)
  // More than all buffers on the way, so that somebody must wait.
  const piece = observationLine('a', { value: 'v'.repeat(8000) }).repeat(20)
  let offered = 0
  while (upload.request.writableLength < 4_000_000 && offered < 1000) {
    upload.offer(piece)
    offered += 1
    if (offered % 10 === 0) await pause(1)
  }
  await pause(100)
  expect(ingest.appends).toHaveLength(1)
  expect(upload.request.writableLength).toBeGreaterThan(0)
  ingest.release()
  const { status, body } = await upload.end()
  expect([status, body['accepted']]).toEqual([200, offered * 20])
  expect(ingest.underWayMax).toBe(1)
  expect(Math.max(...ingest.appends.map(({ records }) => records))).toBeLessThanOrEqual(50)
})

test('lines that trickle in are appended as they come, not at the end', async () => {
  const { app, ingest } = apiUnderTest()
  const { url } = await listen(app)
  const upload = new RawUpload(url + path)
  await upload.write(observationLine('a') + observationLine('b').slice(0, 30))
  await vi.waitFor(() => expect(ingest.keys(topic)).toEqual(['a']))
  await upload.write(observationLine('b').slice(30) + observationLine('c').trimEnd())
  await vi.waitFor(() => expect(ingest.keys(topic)).toEqual(['a', 'b']))
  expect((await upload.end()).body).toMatchObject({ accepted: 3, rejected: 0, errors: [] })
})

test('a client that goes away leaves what was accepted, and no half line', async () => {
  const { app, ingest } = apiUnderTest()
  const { url } = await listen(app)
  const upload = new RawUpload(url + path)
  // The half line would be a whole record of its own: it must not be taken for one.
  await upload.write(observationLines(3) + observationLine('half').trimEnd())
  await vi.waitFor(() => expect(ingest.keys(topic)).toHaveLength(3))
  upload.abort()
  await vi.waitFor(async () => {
    const metrics = await app.inject('/metrics')
    expect(metrics.body).toContain(
      'attribution_http_ingest_lines_total{topic="attacker.observation",outcome="accepted"} 3',
    )
  })
  expect(ingest.keys(topic)).toEqual(['a0', 'a1', 'a2'])
})

test('an upload of which nothing arrives ends, and says what was taken', async () => {
  const { app } = apiUnderTest({ limits: { bodyIdleTimeoutMs: 50 } })
  const { url } = await listen(app)
  const upload = new RawUpload(url + path)
  await upload.write(observationLine('a'))
  const { status, headers, body } = await upload.answer
  expect([status, body]).toMatchObject([
    408,
    { accepted: 1, rejected: 0, error: { code: 'BODY_TIMEOUT' } },
  ])
  expect(headers.connection).toBe('close')
})

test('a busy log is not taken for an idle client', async () => {
  const limits = { bodyIdleTimeoutMs: 50, connectionIdleTimeoutMs: 50 }
  const { app, ingest } = apiUnderTest({ limits })
  const { url } = await listen(app)
  ingest.hold()
  const upload = new RawUpload(url + path)
  const answer = upload.write(observationLine('a')).then(() => upload.end())
  await pause(300)
  ingest.release()
  expect((await answer).body).toMatchObject({ accepted: 1 })
})

test('closing the server ends uploads with what was accepted', async () => {
  const { app, ingest } = apiUnderTest()
  const { url } = await listen(app)
  const upload = new RawUpload(url + path)
  await upload.write(observationLines(5))
  await vi.waitFor(() => expect(ingest.keys(topic)).toHaveLength(5))
  const closed = app.close()
  const { status, body } = await upload.answer
  expect([status, body]).toMatchObject([503, { accepted: 5, error: { code: 'SHUTTING_DOWN' } }])
  await closed
})

test('so many uploads and no more', async () => {
  const { app, ingest } = apiUnderTest({ limits: { uploadsMax: 1 } })
  const { url } = await listen(app)
  const first = new RawUpload(url + path)
  await first.write(observationLine('a'))
  await vi.waitFor(() => expect(ingest.keys(topic)).toEqual(['a']))
  const second = new RawUpload(url + path)
  expect(await second.end()).toMatchObject({
    status: 429,
    body: { error: { code: 'TOO_MANY_UPLOADS' } },
  })
  await first.end()
  expect(await new RawUpload(url + path).end()).toMatchObject({ status: 200 })
})

test('a stream of gzip is read as it comes', async () => {
  const { app, ingest } = apiUnderTest()
  const { url } = await listen(app)
  const upload = new RawUpload(url + path, { 'content-encoding': 'gzip' })
  const gzip = createGzip()
  gzip.on('data', (chunk: Buffer) => upload.offer(chunk))
  gzip.write(observationLine('a'))
  await new Promise<void>((resolve) => gzip.flush(resolve))
  await vi.waitFor(() => expect(ingest.keys(topic)).toEqual(['a']))
  gzip.end(observationLine('b'))
  await new Promise((resolve) => gzip.on('end', resolve))
  expect((await upload.end()).body).toMatchObject({ accepted: 2, rejected: 0, errors: [] })
})

test('the memory of a very long upload does not grow with it', async () => {
  const { app, ingest } = apiUnderTest()
  const { url } = await listen(app)
  let records = 0
  ingest.append = (_topic, batch) => {
    records += batch.length
    return Promise.resolve([])
  }
  const piece = observationLines(200)
  const upload = new RawUpload(url + path)
  await upload.write(piece)
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 800; i++) await upload.write(piece)
  const grown = process.memoryUsage().arrayBuffers - before
  expect((await upload.end()).body).toMatchObject({ accepted: 801 * 200, rejected: 0 })
  expect(records).toBe(801 * 200)
  expect(grown).toBeLessThan(50 * 1024 * 1024)
})

/** Sends bytes as they are and gives back all that comes until the connection ends. */
async function rawRequest(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk) => (answer += String(chunk)))
  socket.on('error', () => undefined)
  socket.write(text)
  await new Promise((resolve) => socket.on('close', resolve))
  return answer
}

test('what is no HTTP, or too much of it, gets the one error shape', async () => {
  const { app } = apiUnderTest({ limits: { requestHeadTimeoutMs: 100 } })
  const { port } = await listen(app)
  const huge = `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(64 * 1024)}\r\n\r\n`
  expect(await rawRequest(port, huge)).toMatch(/^HTTP\/1.1 431 .*"HEADERS_TOO_LARGE"/s)
  expect(await rawRequest(port, 'nonsense\r\n\r\n')).toMatch(
    /^HTTP\/1.1 400 .*"MALFORMED_REQUEST"/s,
  )
  const smuggled =
    'POST /api/v1/observations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n' +
    'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
  expect(await rawRequest(port, smuggled)).toMatch(/^HTTP\/1.1 400 /)
  const noHost = 'GET /api/v1/identities HTTP/1.0\r\n\r\n'
  expect(await rawRequest(port, noHost)).toMatch(/^HTTP\/1.1 403 .*"HOST_NOT_ALLOWED"/s)
})

test('a body that nobody wants closes the connection', async () => {
  const { app } = apiUnderTest()
  const { port } = await listen(app)
  const head = 'POST /api/v1/observations HTTP/1.1\r\nHost: localhost\r\n'
  const body = 'Content-Type: text/plain\r\nContent-Length: 1000000\r\n\r\nabc'
  expect(await rawRequest(port, head + body)).toMatch(/^HTTP\/1.1 415 .*connection: close/is)
  const chunked = '\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'
  for (const [path, status] of [
    ['/livez', 200],
    ['/nowhere', 404],
    ['/%zz', 400],
  ] as const) {
    const answer = await rawRequest(port, `GET ${path} HTTP/1.1${chunked}`)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} .*connection: close`, 'is'))
  }
})
