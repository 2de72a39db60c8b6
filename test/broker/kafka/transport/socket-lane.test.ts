import { afterEach, describe, expect, it } from 'vitest'
import { FatalBrokerError, RetriableError } from '../../../../broker/errors.ts'
import type { Api } from '../../../../broker/kafka/wire/api.ts'
import type { LaneSettings } from '../../../../broker/kafka/transport/socket-lane.ts'
import { SocketLane } from '../../../../broker/kafka/transport/socket-lane.ts'
import { answerTo, type HeardRequest, ScriptedBroker } from '../../../support/scripted-broker.ts'

/** Sends bytes, and takes the first text of the answer. */
const echo: Api<Buffer, string | null> = {
  key: 3,
  version: 7,
  name: 'Echo',
  isFlexible: false,
  encode: (request, writer) => void writer.bytes(request),
  decode: (reader) => reader.string(),
}

const flexibleEcho: Api<Buffer, string | null> = {
  ...echo,
  version: 9,
  isFlexible: true,
  encode: (request, writer) => void writer.compactBytes(request).tags(),
  decode: (reader) => reader.compactString(),
}

const settings: LaneSettings = {
  clientId: 'tester',
  protocol: 'PLAINTEXT',
  tls: null,
  sasl: null,
  connectTimeoutMs: 2_000,
  requestTimeoutMs: 2_000,
}

const text = (value: string): Buffer => {
  const bytes = Buffer.alloc(2 + value.length)
  bytes.writeInt16BE(value.length, 0)
  bytes.write(value, 2)
  return bytes
}

/** What the request carries, told apart by it. */
const contentOf = ({ bytes }: HeardRequest): string => bytes.subarray(-3).toString()

const echoBack = (request: HeardRequest): void => {
  request.socket.write(answerTo(request, text(contentOf(request))))
}

const open: { close(): Promise<void> }[] = []

async function laneTo(
  script: (request: HeardRequest) => void,
  over: Partial<LaneSettings> = {},
): Promise<{ lane: SocketLane; broker: ScriptedBroker; losses: () => number }> {
  const broker = await ScriptedBroker.listen(script)
  let losses = 0
  const address = { host: '127.0.0.1', port: broker.port }
  const lane = new SocketLane(
    () => address,
    { ...settings, ...over },
    () => losses++,
  )
  open.push(lane, broker)
  return { lane, broker, losses: () => losses }
}

afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

describe('a lane', () => {
  it('frames a request with its header and takes its answer', async () => {
    const { lane, broker } = await laneTo(echoBack)
    expect(await lane.call(echo, Buffer.from('abc'))).toBe('abc')
    // Length, key, version, correlation id, client id; then the body.
    const header = '00000017' + '0003' + '0007' + '00000000' + '0006746573746572'
    expect(broker.heard[0]!.bytes.toString('hex')).toBe(`${header}00000003616263`)
  })

  it('marks a flexible request and passes over the tags of its answer', async () => {
    const answer = Buffer.from([1, 0, 2, 0xaa, 0xbb, 4, 0x78, 0x79, 0x7a])
    const { lane, broker } = await laneTo((request) => {
      request.socket.write(answerTo(request, answer))
    })
    expect(await lane.call(flexibleEcho, Buffer.from('abc'))).toBe('xyz')
    expect(broker.heard[0]!.bytes.subarray(14).toString('hex')).toBe(
      '746573746572' + '00' + '0461626300',
    )
  })

  it('expects no tags before the answer to ApiVersions, which a client may not understand', async () => {
    const { lane } = await laneTo((request) => {
      request.socket.write(answerTo(request, Buffer.from([4, 0x78, 0x79, 0x7a])))
    })
    expect(await lane.call({ ...flexibleEcho, key: 18 }, Buffer.from('abc'))).toBe('xyz')
  })

  it('takes answers that arrive byte by byte, and many in one piece', async () => {
    const { lane } = await laneTo((request) => {
      for (const byte of answerTo(request, text(contentOf(request)))) {
        request.socket.write(Buffer.from([byte]))
      }
    })
    expect(await lane.call(echo, Buffer.from('one'))).toBe('one')

    const held: Buffer[] = []
    const { lane: together } = await laneTo((request) => {
      held.push(answerTo(request, text(contentOf(request))))
      if (held.length === 3) request.socket.write(Buffer.concat(held))
    })
    const calls = ['one', 'two', 'six'].map((each) => together.call(echo, Buffer.from(each)))
    expect(await Promise.all(calls)).toEqual(['one', 'two', 'six'])
  })

  it('sends requests in the order of the calls, also those made before it was connected', async () => {
    const { lane, broker } = await laneTo(echoBack)
    const names = Array.from({ length: 50 }, (_, i) => String(i).padStart(3, '0'))
    const early = names.slice(0, 25).map((each) => lane.call(echo, Buffer.from(each)))
    // Continues right behind the answer of an early call, in the same turn of the loop.
    const late = early[0]!.then(() =>
      Promise.all(names.slice(25).map((each) => lane.call(echo, Buffer.from(each)))),
    )
    await Promise.all([...early, late])
    expect(broker.heard.map(contentOf)).toEqual(names)
    expect(broker.connections).toBe(1)
  })

  it('matches answers that come in another order by their correlation ids', async () => {
    const held: HeardRequest[] = []
    const { lane } = await laneTo((request) => {
      held.push(request)
      if (held.length === 2) for (const each of held.reverse()) echoBack(each)
    })
    const calls = ['one', 'two'].map((each) => lane.call(echo, Buffer.from(each)))
    expect(await Promise.all(calls)).toEqual(['one', 'two'])
  })
})

describe('a lane that loses its connection', () => {
  it('fails what was under way and connects again at the next call', async () => {
    const { lane, broker, losses } = await laneTo((request) => {
      if (request.connection === 1) request.socket.destroy()
      else echoBack(request)
    })
    await expect(lane.call(echo, Buffer.from('one'))).rejects.toThrow(RetriableError)
    expect(losses()).toBe(1)
    expect(await lane.call(echo, Buffer.from('two'))).toBe('two')
    // Nothing is sent twice by a lane.
    expect(broker.heard.map(contentOf)).toEqual(['one', 'two'])
  })

  it('forgets half an answer that the old connection left', async () => {
    const { lane } = await laneTo((request) => {
      if (request.connection > 1) {
        echoBack(request)
        return
      }
      request.socket.end(answerTo(request, text('old')).subarray(0, 9))
    })
    await expect(lane.call(echo, Buffer.from('one'))).rejects.toThrow(/closed the connection/)
    expect(await lane.call(echo, Buffer.from('two'))).toBe('two')
  })

  it('tells of the protocol when the first request is hung up on', async () => {
    const { lane } = await laneTo((request) => request.socket.end())
    await expect(lane.call(echo, Buffer.from('one'))).rejects.toThrow(
      /127\.0\.0\.1:\d+ closed the connection before it answered.*SECURITY_PROTOCOL is PLAINTEXT/,
    )
  })

  it('names address and cause when nobody listens', async () => {
    const { lane, broker } = await laneTo(echoBack)
    const { port } = broker
    await broker.close()
    const refused = lane.call(echo, Buffer.from('one'))
    await expect(refused).rejects.toThrow(`broker 127.0.0.1:${port}: no connection (ECONNREFUSED)`)
    await expect(refused).rejects.toThrow(RetriableError)
  })

  it('asks where the broker is at each connection', async () => {
    const moved = await ScriptedBroker.listen(echoBack)
    const first = await ScriptedBroker.listen(echoBack)
    open.push(moved, first)
    let address = { host: '127.0.0.1', port: first.port }
    const lane = new SocketLane(
      () => address,
      settings,
      () => {
        address = { host: '127.0.0.1', port: moved.port }
      },
    )
    open.push(lane)
    await lane.call(echo, Buffer.from('one'))
    await first.close()
    await expect.poll(() => lane.call(echo, Buffer.from('two')).catch(() => null)).toBe('two')
    expect(moved.heard).toHaveLength(1)
  })
})

describe('a lane without an answer', () => {
  it('gives up in time, and a late answer finds nobody', async () => {
    let late: HeardRequest | undefined
    const { lane, broker } = await laneTo((request) => {
      if (request.connection === 1) late = request
      else {
        // Correlation ids begin anew: this one equals that of the request given up.
        late!.socket.write(answerTo(late!, text('old')))
        echoBack(request)
      }
    })
    await expect(lane.call(echo, Buffer.from('one'), 60)).rejects.toThrow(
      /gave no answer to Echo within 60 ms/,
    )
    expect(await lane.call(echo, Buffer.from('two'))).toBe('two')
    expect(broker.heard.map(({ correlationId }) => correlationId)).toEqual([0, 0])
  })

  it('fails all that waits behind it on the same connection', async () => {
    const { lane } = await laneTo(() => undefined)
    const stuck = lane.call(echo, Buffer.from('one'), 60)
    const behind = lane.call(echo, Buffer.from('two'), 60_000)
    await expect(stuck).rejects.toThrow(RetriableError)
    await expect(behind).rejects.toThrow(/no answer to Echo/)
  })

  it('takes no answer with a correlation id that it did not send', async () => {
    const { lane } = await laneTo(({ socket }) => {
      socket.write(answerTo({ correlationId: 77 }, text('odd')))
    })
    await expect(lane.call(echo, Buffer.from('one'), 60)).rejects.toThrow(/no answer to Echo/)
  })

  it('gives up a handshake that does not end', async () => {
    const { tlsConnectOptions } = await import('../../../../broker/kafka/transport/security.ts')
    const { lane } = await laneTo(() => undefined, {
      protocol: 'SSL',
      tls: tlsConnectOptions({ protocol: 'SSL' }),
      connectTimeoutMs: 60,
    })
    await expect(lane.call(echo, Buffer.from('one'))).rejects.toThrow(/no connection within 60 ms/)
  })
})

describe('a lane to something that is no broker', () => {
  const nonsense: [what: string, bytes: Buffer][] = [
    ['a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a TLS alert', Buffer.from('15030300020250', 'hex')],
    ['a negative length', Buffer.from('ffffff00', 'hex')],
    ['a length of -1', Buffer.from('ffffffff', 'hex')],
    ['a length of 0', Buffer.from('00000000', 'hex')],
    ['a length too short for a correlation id', Buffer.from('0000000212345678', 'hex')],
  ]
  it.each(nonsense)('fails its calls when it meets %s', async (_, bytes) => {
    const { lane } = await laneTo(({ socket }) => socket.write(bytes))
    await expect(lane.call(echo, Buffer.from('one'))).rejects.toThrow(
      /does not answer in Kafka's protocol.*PLAINTEXT/,
    )
  })

  it('fails one call alone when its answer is cut short inside a sound frame', async () => {
    const { lane } = await laneTo((request) => {
      const isOdd = contentOf(request) === 'odd'
      request.socket.write(answerTo(request, isOdd ? Buffer.from([0, 9, 1]) : text('fit')))
    })
    const calls = [lane.call(echo, Buffer.from('odd')), lane.call(echo, Buffer.from('one'))]
    await expect(calls[0]).rejects.toThrow(/does not fit the protocol/)
    expect(await calls[1]).toBe('fit')
  })
})

describe('a closed lane', () => {
  it('fails what is under way and refuses further calls', async () => {
    const { lane } = await laneTo(() => undefined)
    const underWay = lane.call(echo, Buffer.from('one'))
    const rejected = expect(underWay).rejects.toThrow(RetriableError)
    await lane.close()
    await rejected
    await expect(lane.call(echo, Buffer.from('two'))).rejects.toThrow(FatalBrokerError)
  })

  it('waits until nothing is under way when asked to', async () => {
    const { lane } = await laneTo((request) => setTimeout(() => echoBack(request), 20))
    const answered = lane.call(echo, Buffer.from('one'))
    await lane.idle()
    expect(await Promise.race([answered, Promise.resolve('early')])).toBe('one')
  })
})
