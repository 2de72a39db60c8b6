import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'

/** A request as it came in: its header read, its body left. */
export interface HeardRequest {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  /** All of it, its length field included. */
  readonly bytes: Buffer
  readonly socket: Socket
  /** 1 for the first connection that the server took. */
  readonly connection: number
}

/** A TCP server that answers requests as its script says: a broker that misbehaves on purpose. */
export class ScriptedBroker {
  readonly heard: HeardRequest[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #connections = 0

  private constructor(script: (request: HeardRequest) => void, tls: TlsOptions | undefined) {
    const serve = (socket: Socket): void => this.#serve(socket, script)
    this.#server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve)
  }

  /** @param tls absent: without. @param host where it listens */
  static async listen(
    script: (request: HeardRequest) => void,
    tls?: TlsOptions,
    host = '127.0.0.1',
  ): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker(script, tls)
    await new Promise<void>((resolve) => broker.#server.listen(0, host, resolve))
    return broker
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get connections(): number {
    return this.#connections
  }

  /** Ends every connection and refuses new ones. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #serve(socket: Socket, script: (request: HeardRequest) => void): void {
    const connection = ++this.#connections
    let pending = Buffer.alloc(0)
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk])
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const bytes = pending.subarray(0, 4 + pending.readInt32BE(0))
        pending = pending.subarray(bytes.length)
        const request = {
          apiKey: bytes.readInt16BE(4),
          apiVersion: bytes.readInt16BE(6),
          correlationId: bytes.readInt32BE(8),
          bytes,
          socket,
          connection,
        }
        this.heard.push(request)
        script(request)
      }
    })
  }
}

/** The frame that answers a request; the tag byte of a flexible header is part of `payload`. */
export function answerTo({ correlationId }: { correlationId: number }, payload: Buffer): Buffer {
  const frame = Buffer.alloc(8 + payload.length)
  frame.writeInt32BE(4 + payload.length, 0)
  frame.writeInt32BE(correlationId, 4)
  frame.set(payload, 8)
  return frame
}
